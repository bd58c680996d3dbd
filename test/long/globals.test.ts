import { appendFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { inheritedVariables, initConnects } from '../support/globalVariables.ts';
import { judge } from '../support/judgeGlobals.ts';
import { openLaboratory } from '../support/underGlobals.ts';

/** A share of the variables, as `2/8`: the third of eight, so that a search can be spread over machines. */
const [part = 0, parts = 1] = (process.env.SEDIMENT_PART ?? '0/1').split('/').map(Number);

describe.each(['mysql', 'mariadb'] as const)('every global of %s', (flavor) => {
  test('no value of any variable changes what is archived or purged, but for those refused by name', {
    timeout: 7_200_000,
  }, async () => {
    const laboratory = await openLaboratory(flavor);
    try {
      const variables = await inheritedVariables(laboratory.administer, flavor);
      const others = initConnects.map((statement) => `'${statement.replaceAll("'", "''")}'`);
      variables.push({ name: 'init_connect', original: "''", others });
      const own = variables.filter((_, index) => index % parts === part);
      const { same, refused, broken } = await judge(laboratory, own);
      const report = [
        `${flavor}, part ${part}/${parts}: ${own.length} of ${variables.length} variables, ${same} values same, ` +
          `${refused.length} refused, ${broken.length} broken`,
        ...refused,
        ...broken,
      ];
      if (process.env.SEDIMENT_REPORT) appendFileSync(process.env.SEDIMENT_REPORT, `${report.join('\n')}\n`);
      expect(broken).toEqual([]);
    } finally {
      await laboratory.close();
    }
  });
});
