export { archiveTable } from './archiveTable.ts';
export { dailyArchive } from './dailyArchive.ts';
export { purgeTable } from './purgeTable.ts';
