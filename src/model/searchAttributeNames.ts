/** The search attributes of Sediment's workflows, all keywords. `schedule apply` registers them. */
export const searchAttributeNames = ['ArchiveTable', 'ArchiveDay', 'ArchivePhase'] as const;
