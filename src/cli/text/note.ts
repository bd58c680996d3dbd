import type { Tone } from './terminal.ts';

/** Something that a person should know, and the command to go on with. */
export interface Note {
  text: string;
  command?: string;
  tone: Tone;
}
