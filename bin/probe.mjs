// Asks the worker of this container one of its probes: node bin/probe.mjs /livez. Exit code 0 if it says yes.
const port = (process.env.SEDIMENT_METRICS ?? '127.0.0.1:9464').split(':').at(-1);
try {
  const answer = await fetch(`http://127.0.0.1:${port}${process.argv[2] ?? '/livez'}`, {
    signal: AbortSignal.timeout(4_000),
  });
  process.stdout.write(await answer.text());
  process.exitCode = answer.ok ? 0 : 1;
} catch (error) {
  process.stdout.write(`${error}\n`);
  process.exitCode = 1;
}
