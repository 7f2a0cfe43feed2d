import { Option, type Command } from 'commander';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { commitRedoLog } from '../../disk/commit/commit.ts';
import { discardRedoLog } from '../../disk/discard.ts';
import { dependentsThrough, findDependents } from '../../disk/parents/dependents.ts';
import { removeAbandonedLogs } from '../../disk/session/abandoned-logs.ts';
import { openDiskSession, type DiskMode, type DiskSession } from '../../disk/session/session.ts';
import type { OpenContext } from '../../disk/open-context.ts';
import { startNbdServer } from '../../nbd/server.ts';
import { onOneLine, type Terminal } from '../terminal.ts';
import { newDiskCommand, openContext, type DiskOptions } from './disk-options.ts';
import { chooseRedoLog, type ChosenLog } from './serve-redo-log.ts';

export interface ServeOptions extends DiskOptions {
  readonly mode: DiskMode;
  readonly socket: string;
  readonly redoDir?: string;
  readonly redo?: string;
  readonly atEnd?: 'keep' | 'commit' | 'discard';
  readonly simpleReplies?: boolean;
}

/**
 * `redoubt disk serve FILE --mode … --socket PATH`: the disk over NBD until a signal. Prints `redo FILE` if
 * there is a log, then `ready`; with `--json` the document `{ socket, redo? }` when it is ready.
 */
export function serveDiskCommand(terminal: Terminal): Command {
  return newDiskCommand('serve', 'Serve a disk over NBD on a Unix socket until SIGTERM or SIGINT.')
    .argument('<file>')
    .addOption(
      new Option('--mode <mode>', 'writes go to the disk; to a redo log that is kept; to one that is thrown away')
        .choices(['persistent', 'undoable', 'nonpersistent'])
        .makeOptionMandatory(),
    )
    .requiredOption('--socket <path>', 'the socket to make')
    .option('--redo-dir <dir>', 'folder for the redo log')
    .option('--redo <file>', 'go on with this redo log')
    .addOption(
      new Option('--at-end <decision>', 'for undoable disks; default keep').choices(['keep', 'commit', 'discard']),
    )
    .option('--simple-replies', 'for guests: faster reads; clients cannot ask what is allocated')
    .action(async (file: string, options: ServeOptions) => {
      checkOptions(options);
      await serve(file, options, terminal);
    });
}

function checkOptions({ mode, redo, redoDir, atEnd }: ServeOptions): void {
  const refuse = (argument: string, reason: string) => {
    throw new RedoubtError('usage.bad-argument', `${argument} ${reason}.`, { argument, reason });
  };
  if (mode !== 'undoable' && atEnd !== undefined) refuse('--at-end', 'belongs to undoable disks');
  if (mode !== 'undoable' && redo !== undefined) refuse('--redo', 'belongs to undoable disks');
  if (mode === 'persistent' && redoDir !== undefined) refuse('--redo-dir', 'has no use for a persistent disk');
  if (redo !== undefined && redoDir !== undefined) refuse('--redo-dir', 'is for new logs, and --redo names an old one');
}

async function serve(file: string, options: ServeOptions, terminal: Terminal): Promise<void> {
  const { mode, atEnd = 'keep', redo } = options;
  const context = openContext(options, `served, ${mode}`, file, ...(redo === undefined ? [] : [redo]));
  // Listened to before anything is made, so that nothing is left behind however early the signal comes.
  const signal = new EndSignal();
  try {
    const directories = options.redoDir === undefined ? [] : [options.redoDir];
    await removeAbandonedLogs(file, { context, directories, kept: redo === undefined ? [] : [redo] });
    const log = await chooseRedoLog(file, options, context);
    const session = await serveUntil(signal.came, file, log, options, context, terminal).finally(() => log?.cleanUp());
    if (session.redo === undefined || mode !== 'undoable') return;
    if (atEnd === 'commit') await commitRedoLog({ redo: session.redo, context });
    if (atEnd === 'discard') await discardRedoLog({ redo: session.redo, context });
  } finally {
    signal.dispose();
  }
}

/** Resolves with the session, closed, after `ended`. If it fails before the disk is served, a log that was made for it goes. */
async function serveUntil(
  ended: Promise<void>,
  file: string,
  log: ChosenLog | undefined,
  { mode, socket, json, simpleReplies = false }: ServeOptions,
  context: OpenContext,
  terminal: Terminal,
): Promise<DiskSession> {
  let isServing = false;
  try {
    const session = await openDiskSession({ file, mode, ...(log === undefined ? {} : { redo: log.file }), context });
    try {
      // Its writer lock is held: nobody can make a log over it any more, and nothing is written yet.
      await warnOfDependents(session.redo ?? session.file, terminal);
      const exports = new Map([['', session.device]]);
      const replies = simpleReplies ? 'simple' : 'as-asked';
      const server = await startNbdServer({ socketPath: socket, exports, replies });
      isServing = true;
      tellReady(session.redo, socket, json, terminal);
      const failure = await Promise.race([ended.then(() => undefined), session.failed]);
      await server.close();
      if (failure !== undefined) throw failure;
    } finally {
      await session.close();
    }
    return session;
  } catch (error) {
    if (!isServing) await log?.undo();
    throw error;
  }
}

/** What is written here makes logs that hang from it unusable. Whoever asks for that by name is told, not refused. */
async function warnOfDependents(leaf: string, terminal: Terminal): Promise<void> {
  const dependents = await dependentsThrough(await findDependents(leaf), []);
  if (dependents.length === 0) return;
  const names = dependents.map(({ path }) => `  ${onOneLine(path)}\n`).join('');
  terminal.err(`Redo logs hang from ${onOneLine(leaf)}, and can't be used any more once it is written to:\n${names}`);
}

/** With `--json` one document, on one line, so that a reader need not wait for the end. */
function tellReady(redo: string | undefined, socket: string, json: boolean | undefined, terminal: Terminal): void {
  if (json === true) {
    terminal.out(`${JSON.stringify({ socket, ...(redo === undefined ? {} : { redo }) })}\n`);
    return;
  }
  if (redo !== undefined) terminal.out(`redo ${redo}\n`);
  terminal.out('ready\n');
}

/** SIGTERM or SIGINT, whichever comes first; further ones are ignored, because closing is under way. */
class EndSignal {
  readonly came: Promise<void>;
  private listener: () => void = () => undefined;

  constructor() {
    this.came = new Promise((resolve) => {
      this.listener = () => {
        resolve();
      };
    });
    process.on('SIGTERM', this.listener).on('SIGINT', this.listener);
  }

  dispose(): void {
    process.off('SIGTERM', this.listener).off('SIGINT', this.listener);
  }
}
