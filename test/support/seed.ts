/** What every random test draws by: the same cases in each run, so that a run that fails fails again. `SEED=…` draws others. */
export const seed = Number(process.env.SEED ?? 20_260_105);
