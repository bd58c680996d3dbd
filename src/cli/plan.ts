import type { Config } from '../config/load.ts';
import { type CommonOptions, exitCodes } from './context.ts';
export async function plan(_config: Config, _options: CommonOptions, _tables: string[]): Promise<number> {
  return exitCodes.ok;
}
