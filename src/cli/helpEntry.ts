import type { Command } from 'commander';

/** The headings of the help. */
export const groups = {
  setUp: 'Set up:',
  run: 'Run:',
  watch: 'Watch:',
  hold: 'Hold:',
  repair: 'Repair:',
  readBack: 'Read back:',
} as const;

/** Where the help lists a command, and a line that works. */
export interface HelpEntry {
  group: keyof typeof groups;
  example: string;
}

/** Declares a command. */
export type Add = (usage: string, description: string, entry: HelpEntry) => Command;
