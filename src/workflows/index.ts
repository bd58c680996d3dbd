export { archiveTable } from './archiveTable.ts';
export { auditArchive } from './auditArchive.ts';
export { backfill } from './backfill.ts';
export { dailyArchive } from './dailyArchive.ts';
export { drillArchive } from './drillArchive.ts';
export { healDay } from './healDay.ts';
export { purgeTable } from './purgeTable.ts';
export { restoreTable } from './restoreTable.ts';
