import { afterEach, describe, expect, test, vi } from 'vitest';
import { findingLines } from '../../../src/cli/doctor/finding.ts';
import { screen } from '../../../src/cli/screen.ts';
import { paint } from '../../../src/cli/text/terminal.ts';

const { isTTY, columns } = process.stdout;
afterEach(() => {
  vi.unstubAllEnvs();
  Object.assign(process.stdout, { isTTY, columns });
});

/** What doctor prints of one finding on such an output. */
function printed(): string[] {
  const { tty, width, colour } = screen();
  const message =
    "s3: bucket archive isn't at us-east-1, it is in eu-west-1; write store.region: eu-west-1 into the config";
  return paint(findingLines([{ what: 'store', level: 'failed', message }], width), tty && colour);
}

describe('a message', () => {
  test.each([80, 200])('is wrapped and red on a terminal of %i columns', (width) => {
    Object.assign(process.stdout, { isTTY: true, columns: width });
    vi.stubEnv('NO_COLOR', '');
    expect(printed()).toMatchSnapshot();
  });

  test('is as on 80 columns where nobody has given the terminal a size', () => {
    vi.stubEnv('NO_COLOR', '1');
    Object.assign(process.stdout, { isTTY: true, columns: 80 });
    const sized = printed();
    Object.assign(process.stdout, { isTTY: true, columns: 0 });
    expect(printed()).toEqual(sized);
  });

  test('has no colour with NO_COLOR', () => {
    Object.assign(process.stdout, { isTTY: true, columns: 80 });
    vi.stubEnv('NO_COLOR', '1');
    expect(printed()).toMatchSnapshot();
  });

  test('is one line without colour in a pipe', () => {
    Object.assign(process.stdout, { isTTY: false });
    vi.stubEnv('NO_COLOR', '');
    expect(printed()).toMatchSnapshot();
  });
});
