// keeper.mjs LOG INPUT COMMAND [ARGUMENT…]   Runs a server, and ends it and all it started when this process's stdin
// closes: however the parent died, nothing of it stays. Writes the server's process id to LOG.pid.
import { spawn } from 'node:child_process';
import { openSync, writeFileSync } from 'node:fs';

const [log, input, command, ...args] = process.argv.slice(2);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);
const out = openSync(log, 'a');
const server = spawn(command, args, { detached: true, stdio: [openSync(input, 'r'), out, out] });
server.on('error', (error) => {
  writeFileSync(out, `${error.message}\n`);
  process.exit(127);
});
server.on('exit', (code, signal) => {
  signalGroup('SIGKILL');
  process.exit(signal ? 1 : (code ?? 1));
});
// Errors count as the end of the pipe, and a log on a full disk or in a removed folder must not end the keeper early.
for (const event of ['end', 'error']) process.stdin.on(event, endServer);
process.stdin.resume();
try {
  writeFileSync(`${log}.pid`, String(server.pid));
} catch {
  endServer();
}

function endServer() {
  signalGroup('SIGTERM');
  setTimeout(() => signalGroup('SIGKILL'), 5000);
}

function signalGroup(signal) {
  try {
    if (server.pid) process.kill(-server.pid, signal);
  } catch {
    // The group is gone already.
  }
}
