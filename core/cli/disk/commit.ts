import { statSync } from 'node:fs';
import { Option, type Command } from 'commander';
import { asFileError } from '../../base/file-error.ts';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { abandonCommit } from '../../disk/commit/abandon-commit.ts';
import { commitRedoLog, type CommitRequest } from '../../disk/commit/commit.ts';
import { commitToCopy } from '../../disk/commit/commit-to-copy.ts';
import { removeAbandonedLogs } from '../../disk/session/abandoned-logs.ts';
import { formatSize } from '../format-size.ts';
import { onOneLine, printResult, type Terminal } from '../terminal.ts';
import { collect, newDiskCommand, openContext, type DiskOptions } from './disk-options.ts';
import { progressPrinter } from './progress-printer.ts';

interface CommitOptions extends DiskOptions {
  readonly search: readonly string[];
  readonly preserveDependents?: boolean;
  readonly breakDependents?: boolean;
  readonly toCopy?: string;
  readonly abandon?: string;
}

/**
 * `redoubt disk commit REDO`: the log's changes go into its parent, or into a new copy; progress on stderr.
 * `--abandon PARENT` gives up an interrupted one.
 */
export function commitCommand(terminal: Terminal): Command {
  return newDiskCommand('commit', 'Write a redo log into its parent and remove it; resumes an interrupted commit.')
    .argument('[redo]')
    .addOption(
      new Option('--search <dir>', 'look for dependents here too (repeatable)').argParser(collect).default([], 'none'),
    )
    .addOption(
      new Option('--preserve-dependents', 'keep what others read in an old-state link').conflicts([
        'breakDependents',
        'toCopy',
        'abandon',
      ]),
    )
    .addOption(
      new Option('--break-dependents', 'commit although others can not be used any more').conflicts([
        'toCopy',
        'abandon',
      ]),
    )
    .addOption(
      new Option('--to-copy <file>', 'make a new base of what the log reads; log and parent stay').conflicts('abandon'),
    )
    .option('--abandon <parent>', 'give up a commit into this disk whose redo log is lost; the disk stays mixed')
    .action(async (redo: string | undefined, options: CommitOptions, command: Command) => {
      options.search.forEach(checkFolder);
      if (options.abandon !== undefined) {
        if (redo !== undefined) command.error("error: option '--abandon <parent>' takes no redo log besides");
        await abandon(terminal, options, options.abandon);
        return;
      }
      if (redo === undefined) command.error("error: missing required argument 'redo'");
      const abort = new AbortController();
      const stop = () => {
        abort.abort();
      };
      const progress = progressPrinter(terminal);
      const request = {
        redo,
        context: { ...openContext(options, 'commit', redo), searchDirectories: options.search },
        onProgress: progress.print,
        signal: abort.signal,
      };
      process.on('SIGINT', stop).on('SIGTERM', stop);
      try {
        await removeAbandonedLogs(redo, { context: request.context });
        const print =
          options.toCopy === undefined ? await commit(request, options) : await copy(request, options.toCopy);
        progress.clear();
        printResult(terminal, options, print.result, print.lines.map(onOneLine));
      } finally {
        progress.clear();
        process.off('SIGINT', stop).off('SIGTERM', stop);
      }
    });
}

interface Outcome {
  readonly result: object;
  readonly lines: string[];
}

async function commit(request: CommitRequest, options: CommitOptions): Promise<Outcome> {
  const { preserveDependents = false, breakDependents = false } = options;
  const dependents = preserveDependents ? 'preserve' : breakDependents ? 'break' : 'refuse';
  const result = await commitRedoLog({ ...request, dependents });
  const { committedBytes, parent, oldState } = result;
  const kept = oldState === undefined ? [] : [`What ${parent} was before is kept in ${oldState}.`];
  return { result, lines: [`Committed ${formatSize(committedBytes)} into ${parent}.`, ...kept] };
}

async function copy(request: CommitRequest, toCopy: string): Promise<Outcome> {
  const result = await commitToCopy({ ...request, file: toCopy });
  const { copiedBytes, file } = result;
  return { result, lines: [`Copied ${formatSize(copiedBytes)} to ${file}; ${request.redo} stays as it is.`] };
}

async function abandon(terminal: Terminal, options: CommitOptions, file: string): Promise<void> {
  const result = await abandonCommit({ parent: file, context: openContext(options, 'giving up a commit', file) });
  const { parent, state } = result;
  const words = {
    mixed: `Gave up the commit into ${parent}: it holds a part of the changes and is marked as mixed.`,
    unchanged: `Gave up the commit into ${parent}: nothing of it has changed.`,
    committed: `The commit into ${parent} was complete.`,
  };
  printResult(terminal, options, result, [onOneLine(words[state])]);
}

/** A folder that is not there would find nobody, and the commit would orphan whoever was meant. */
function checkFolder(path: string): void {
  let isDirectory: boolean;
  try {
    isDirectory = statSync(path).isDirectory();
  } catch (error) {
    throw asFileError(error, path, 'search');
  }
  if (isDirectory) return;
  const reason = 'is no folder';
  throw new RedoubtError('usage.bad-argument', `${path} ${reason}.`, { argument: '--search', reason });
}
