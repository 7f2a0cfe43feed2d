import { runCommandLine } from './run.ts';

// Whoever reads may have had enough: that is no reason to leave a disk open.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

/** The `redoubt` command as a program. The exit status is set rather than forced, so that what was printed gets out. */
process.exitCode = await runCommandLine(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  isTerminal: process.stderr.isTTY === true,
});
