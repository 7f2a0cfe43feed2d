import { runCommandLine } from './run.ts';

/** The `redoubt` command as a program. The exit status is set rather than forced, so that what was printed gets out. */
process.exitCode = await runCommandLine(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  isTerminal: process.stderr.isTTY === true,
});
