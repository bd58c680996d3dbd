import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Files that take one to two and a half minutes each. vitest orders files by their last durations, which a fresh clone
 * doesn't have, and else by their size: these are small, would begin last, and one worker would end the run alone.
 */
const longest =
  /fault\/(crash|clone|twoCrashes)|feature\/(demo|workflows\/scale|cli\/run|ledger\/migrate)|guard\/package/;

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => longest.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}
