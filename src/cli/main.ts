import { type Command, CommanderError } from 'commander';
import { exitCodes, fail } from './output.ts';
import { makeProgram } from './program.ts';

// A reader that has seen enough (`sediment status | head`) closes the pipe: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(exitCodes.ok);
});

// As in `sediment … 2>&1 | head`: the exit code says what the reader no longer wants to read.
process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

const program = makeProgram();
// A wrong use is reported once, below, as a line or as JSON.
for (const command of withSubcommands(program))
  command.configureOutput({ outputError: () => undefined }).exitOverride();

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // `sediment help` is what was asked for; a command left out is shown the same help, as wrong use.
  if (error.code === 'commander.help') process.exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  else if (error.exitCode !== 0) fail(process.argv.includes('--json'), wrongUse(error.message), exitCodes.usage);
}

function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

/** Commander's complaint in one line, with the --help to read. */
function wrongUse(message: string): string {
  const [complaint = '', hint] = message.replace(/^error: /, '').split('\n');
  const [first, second] = process.argv.slice(2);
  const named = program.commands.find((command) => command.name() === first);
  const below = named?.commands.find((command) => command.name() === second);
  const help = ['sediment', named?.name(), below?.name(), '--help'].filter((word) => word !== undefined).join(' ');
  return `${complaint.replace(/\.$/, '')}. ${hint ? `${hint.replace(/^\(|\)$/g, '')} ` : ''}See ${help}`;
}
