import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { upsertSearchAttributes } from '@temporalio/workflow';

const keys = {
  table: defineSearchAttributeKey('ArchiveTable', SearchAttributeType.KEYWORD),
  day: defineSearchAttributeKey('ArchiveDay', SearchAttributeType.KEYWORD),
  phase: defineSearchAttributeKey('ArchivePhase', SearchAttributeType.KEYWORD),
};

export interface SearchAttributes {
  table?: string;
  day?: string;
  phase?: string;
}

/**
 * Upserts only the attributes that changed, because every upsert is a history event. Does nothing where the namespace
 * doesn't know them (pitfall P61: an unknown search attribute fails the workflow task for ever).
 */
export function attributeWriter(registered: boolean | undefined): (attributes: SearchAttributes) => void {
  const current: SearchAttributes = {};
  return (attributes) => {
    if (!registered) return;
    const names = Object.keys(attributes) as (keyof SearchAttributes)[];
    const changed = names.filter((name) => attributes[name] !== current[name]);
    if (changed.length === 0) return;
    Object.assign(current, attributes);
    upsertSearchAttributes(changed.map((name) => ({ key: keys[name], value: attributes[name] ?? null })));
  };
}
