// Runs a server and ends it when this process's stdin closes: however its parent died, nothing of it stays.
import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';

const [log, command, ...args] = process.argv.slice(2);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);
const out = openSync(log, 'a');
const server = spawn(command, args, { detached: true, stdio: ['ignore', out, out] });
server.on('error', () => process.exit(127));
server.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
process.stdin.resume();
process.stdin.on('end', () => {
  server.kill('SIGTERM');
  setTimeout(() => server.kill('SIGKILL'), 5000);
});
