import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { upsertSearchAttributes } from '@temporalio/workflow';

const keys = {
  table: defineSearchAttributeKey('ArchiveTable', SearchAttributeType.KEYWORD),
  day: defineSearchAttributeKey('ArchiveDay', SearchAttributeType.KEYWORD),
  phase: defineSearchAttributeKey('ArchivePhase', SearchAttributeType.KEYWORD),
};

export interface Place {
  table?: string;
  day?: string;
  phase?: string;
}

/**
 * Sets what has changed of the workflow's search attributes, each of which is an event. Does nothing where the
 * namespace doesn't know them: one would stick the workflow's task for ever (P61).
 */
export function placeKeeper(registered: boolean | undefined): (place: Place) => void {
  const current: Place = {};
  return (place) => {
    if (!registered) return;
    const changed = (Object.keys(place) as (keyof Place)[]).filter((name) => place[name] !== current[name]);
    if (changed.length === 0) return;
    Object.assign(current, place);
    upsertSearchAttributes(changed.map((name) => ({ key: keys[name], value: place[name] ?? null })));
  };
}
