import type { Contestant } from './race.ts';
import type { Ratio, Report } from './report.ts';
import type { Stage } from './stage.ts';

/** A bench: what it sets up, who takes part, and what is compared. */
export interface Bench {
  /** Rows where `--rows` isn't given. */
  rows: number;
  ratios: readonly Ratio[];
  /** Names of the contestants that are Sediment's own. */
  own: readonly string[];
  prepare(stage: Stage, rows: number, tell: (line: string) => void): Promise<Contestant[]>;
}

/** A bench of another kind than a race. */
export interface Study {
  rows: number;
  study(
    stage: Stage,
    rows: number,
    runs: number,
    tell: (line: string) => void,
  ): Promise<{ report: Report; text: string }>;
}

/** A bench that brings its own servers; it reports which goals it missed. */
export interface Survey {
  rows: number;
  /** Its parts, for `--only`. */
  names: readonly string[];
  survey(
    rows: number,
    only: readonly string[] | undefined,
    tell: (line: string) => void,
  ): Promise<{ report: object; text: string; missed: readonly string[] }>;
}
