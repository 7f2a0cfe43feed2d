import { Command, CommanderError } from 'commander';
import { RedoubtError, toWire } from '../base/redoubt-error.ts';
import { diskCommand } from './disk/disk-command.ts';
import { ReportedFailure } from './reported-failure.ts';
import { serveCommand } from './serve.ts';
import { onOneLine, type Terminal } from './terminal.ts';

const exitStatus = { success: 0, failed: 1, usage: 2 } as const;

/**
 * Carries out one command line, without the name of the program. Returns the exit status: 0, 1 after a
 * refused or failed operation, 2 after wrong usage. A failure is one line on `err`; with `--json` it is also
 * the document on `out`.
 */
export async function runCommandLine(args: readonly string[], terminal: Terminal): Promise<number> {
  const program = new Command('redoubt')
    .description('Virtual machines with redo logs: disks, their chains, and the headless host.')
    .addCommand(diskCommand(terminal))
    .addCommand(serveCommand());
  let help = '';
  adopt(program, (text) => {
    help += text;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitStatus.success;
  } catch (error) {
    if (error instanceof ReportedFailure) return fail(error.error, [], terminal);
    if (!(error instanceof CommanderError)) return fail(error, args, terminal);
    if (error.exitCode === 0) {
      terminal.out(help);
      return exitStatus.success;
    }
    return fail(usageError(error), args, terminal);
  }
}

/** Commander neither prints nor exits by itself; that holds for every command below as well. */
function adopt(command: Command, write: (text: string) => void): void {
  command.exitOverride().configureOutput({ writeOut: write, writeErr: write, outputError: () => undefined });
  for (const child of command.commands) adopt(child, write);
}

function usageError(error: CommanderError): RedoubtError {
  // A group that was called without a command would print its help.
  const isGroup = error.code === 'commander.help';
  // What was meant perhaps follows on a line of its own.
  const said = error.message.replace(/^error: /, '').replaceAll(/\s*\n\s*/g, ' ');
  const reason = isGroup ? 'a command is missing; --help lists them' : said.replace(/\.$/, '');
  return new RedoubtError('usage.bad-argument', `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`, {
    argument: isGroup ? 'command' : argumentIn(reason),
    reason,
  });
}

/** Commander quotes what it speaks of, first of all the argument or the flags of the option that is wrong. */
function argumentIn(reason: string): string {
  return (/'(.+?)'/.exec(reason)?.[1] ?? '').replace(/ [<[].*$/, '');
}

function fail(error: unknown, args: readonly string[], terminal: Terminal): number {
  const wire = toWire(error);
  if (args.includes('--json')) terminal.out(`${JSON.stringify({ error: wire }, undefined, 2)}\n`);
  terminal.err(`redoubt: ${wire.code}: ${onOneLine(wire.message)}\n`);
  return wire.code === 'usage.bad-argument' ? exitStatus.usage : exitStatus.failed;
}
