/** The state of a partition, as the ledger records it. */
export type PartitionState = 'exporting' | 'exported' | 'verified' | 'archived' | 'purging' | 'purged' | 'expired';

/**
 * Every transition: a state may be followed by those listed and by no other. A purged day is never exported again; late
 * rows open it for a further pass. The archive of an expired one is deleted, or is about to be: nothing follows.
 */
const transitions: Readonly<Record<PartitionState, readonly PartitionState[]>> = {
  exporting: ['exporting', 'exported', 'archived'],
  exported: ['exporting', 'exported', 'verified', 'archived'],
  verified: ['exporting', 'verified', 'archived'],
  archived: ['archived', 'purging'],
  purging: ['purging', 'purged'],
  purged: ['purged', 'purging', 'expired'],
  expired: ['expired'],
};

/** The ledger holds a state that this Sediment doesn't know: somebody edited it, or a newer Sediment wrote it. */
export class UnknownState extends Error {
  override readonly name = 'UnknownState';
  constructor(
    readonly partition: string,
    readonly state: string,
  ) {
    super(
      `${partition}: the ledger says state "${state}", which isn't one of ` +
        `${Object.keys(transitions).join(', ')}: it was edited, or written by a newer Sediment; put it back`,
    );
  }
}

/** Reads a state from the ledger. @param partition its table and day, for the error @throws UnknownState */
export function parseState(state: string, partition: string): PartitionState {
  if (Object.hasOwn(transitions, state)) return state as PartitionState;
  throw new UnknownState(partition, state);
}

export function mayFollow(from: PartitionState, to: PartitionState): boolean {
  return transitions[from].includes(to);
}

/** Whether a day was archived once, and its archive is there or was deleted when its time was over. */
export function wasArchived(state: PartitionState): boolean {
  return isArchived(state) || state === 'expired';
}

/** Whether a verified manifest exists: the day is archived, whatever the purge has done since. */
export function isArchived(state: PartitionState): boolean {
  return state === 'archived' || state === 'purging' || state === 'purged';
}

/** Whether rows of the day may still be in the table and may be deleted by its archive. */
export function isPurgeable(state: PartitionState): boolean {
  return isArchived(state) && state !== 'purged';
}
