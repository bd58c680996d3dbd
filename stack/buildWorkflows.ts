import { writeBundle } from '../src/workflowBundle.ts';

process.stdout.write(`${await writeBundle()}\n`);
