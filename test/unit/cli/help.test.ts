import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { makeProgram } from '../../../src/cli/program.ts';

/** Every command that does something, by its whole name. */
function leaves(command: Command, before: readonly string[] = []): [string, Command][] {
  return command.commands.flatMap((each): [string, Command][] => {
    const path = [...before, each.name()];
    return each.commands.length > 0 ? leaves(each, path) : [[path.join(' '), each]];
  });
}

function helpOf(command: Command, columns: number): string {
  let text = '';
  command.configureOutput({
    writeOut: (piece) => {
      text += piece;
    },
    getOutHelpWidth: () => columns,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text;
}

const commands = leaves(makeProgram());

test.each([80, 200])('sediment --help is in groups, at %i columns', (columns) => {
  const text = helpOf(makeProgram(), columns);
  expect(text.split('\n').filter((line) => [...line].length > columns)).toEqual([]);
  expect(text).toMatchSnapshot();
});

describe.each(commands)('sediment %s --help', (name) => {
  const found = () => new Map(leaves(makeProgram())).get(name) ?? new Command();

  test('fits into 80 columns and reads the same in 200', () => {
    const text = helpOf(found(), 80);
    const long = text.split('\n').filter((line) => [...line].length > 80);
    expect(long).toEqual([]);
    expect(text).toMatchSnapshot();
    expect(helpOf(found(), 200).replaceAll(/\s+/g, ' ')).toBe(text.replaceAll(/\s+/g, ' '));
  });

  test('ends with examples whose options it knows', () => {
    const [, examples = ''] = helpOf(found(), 80).split('\nExample:\n');
    const lines = examples.trim().split('\n');
    for (const line of lines) {
      const words = line.trim().match(/"[^"]*"|\S+/g) ?? [];
      const [program, ...rest] = words;
      expect(`${program} ${rest.slice(0, name.split(' ').length).join(' ')}`).toBe(`sediment ${name}`);
      const command = found();
      const { operands, unknown } = command.parseOptions(rest.slice(name.split(' ').length));
      expect(unknown).toEqual([]);
      const required = command.registeredArguments.filter((argument) => argument.required);
      expect(operands.length).toBeGreaterThanOrEqual(required.length);
      for (const option of command.options.filter((each) => each.mandatory))
        expect(command.opts()).toHaveProperty(option.attributeName());
    }
  });
});
