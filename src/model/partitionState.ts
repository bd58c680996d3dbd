/** What a partition is going through, as the ledger records it. */
export type PartitionState = 'exporting' | 'exported' | 'verified' | 'archived' | 'purging' | 'purged';

/** Every transition there is: a state that isn't listed behind another can't follow it. A purged day is never exported afresh; late rows open it again, for a further pass. */
const transitions: Readonly<Record<PartitionState, readonly PartitionState[]>> = {
  exporting: ['exporting', 'exported', 'archived'],
  exported: ['exporting', 'exported', 'verified', 'archived'],
  verified: ['exporting', 'verified', 'archived'],
  archived: ['archived', 'purging'],
  purging: ['purging', 'purged'],
  purged: ['purged', 'purging'],
};

/** The ledger holds a state that this Sediment doesn't know: somebody edited it, or a newer one wrote it. */
export class UnknownState extends Error {
  override readonly name = 'UnknownState';
  constructor(
    readonly partition: string,
    readonly state: string,
  ) {
    super(
      `${partition}: the ledger says state "${state}", which isn't one of ${Object.keys(transitions).join(', ')}: it was edited, or written by a newer Sediment; put it back`,
    );
  }
}

/** @throws UnknownState */
export function parseState(state: string, partition: string): PartitionState {
  if (Object.hasOwn(transitions, state)) return state as PartitionState;
  throw new UnknownState(partition, state);
}

export function mayFollow(from: PartitionState, to: PartitionState): boolean {
  return transitions[from].includes(to);
}

/** Whether a verified manifest stands: the day is archived, whatever the purge has done since. */
export function isArchived(state: PartitionState): boolean {
  return state === 'archived' || state === 'purging' || state === 'purged';
}
