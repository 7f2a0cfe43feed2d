import { statSync } from 'node:fs';
import { Option, type Command } from 'commander';
import { asFileError } from '../../base/file-error.ts';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { commitRedoLog, type CommitProgress } from '../../disk/commit.ts';
import { formatSize } from '../format-size.ts';
import { printResult, type Terminal } from '../terminal.ts';
import { collect, newDiskCommand, openContext, type DiskOptions } from './disk-options.ts';

interface CommitOptions extends DiskOptions {
  readonly search: readonly string[];
  readonly preserveDependents?: boolean;
  readonly breakDependents?: boolean;
  readonly toCopy?: string;
  readonly abandon?: string;
}

/** `redoubt disk commit REDO`: the log's changes go into its parent; progress on stderr. */
export function commitCommand(terminal: Terminal): Command {
  return newDiskCommand('commit', 'Write a redo log into its parent and remove it; resumes an interrupted commit.')
    .argument('[redo]')
    .addOption(
      new Option('--search <dir>', 'look for dependents here too (repeatable)').argParser(collect).default([], 'none'),
    )
    .addOption(
      new Option('--preserve-dependents', 'keep the old state for others').conflicts([
        'breakDependents',
        'toCopy',
        'abandon',
      ]),
    )
    .addOption(new Option('--break-dependents', 'make others unusable').conflicts(['toCopy', 'abandon']))
    .addOption(new Option('--to-copy <file>', 'leave the parent as it is').conflicts('abandon'))
    .option('--abandon <parent>', 'give up an interrupted commit')
    .action(async (redo: string | undefined, options: CommitOptions, command: Command) => {
      refuseUnsupported(redo, options);
      if (redo === undefined) command.error("error: missing required argument 'redo'");
      options.search.forEach(checkFolder);
      const abort = new AbortController();
      const stop = () => {
        abort.abort();
      };
      const progress = progressPrinter(terminal);
      process.on('SIGINT', stop).on('SIGTERM', stop);
      try {
        const result = await commitRedoLog({
          redo,
          context: { ...openContext(options, 'commit', redo), searchDirectories: options.search },
          onProgress: progress.print,
          signal: abort.signal,
        });
        progress.clear();
        printResult(terminal, options, result, [
          `Committed ${formatSize(result.committedBytes)} into ${result.parent}.`,
        ]);
      } finally {
        progress.clear();
        process.off('SIGINT', stop).off('SIGTERM', stop);
      }
    });
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

function refuseUnsupported(redo: string | undefined, options: CommitOptions): void {
  const asked: [string, boolean][] = [
    ['--preserve-dependents', options.preserveDependents === true],
    ['--break-dependents', options.breakDependents === true],
    ['--to-copy', options.toCopy !== undefined],
    ['--abandon', options.abandon !== undefined],
  ];
  const feature = asked.find(([, isAsked]) => isAsked)?.[0];
  if (feature === undefined) return;
  const file = redo ?? options.abandon;
  throw new RedoubtError('disk.unsupported', `${feature} is not possible yet.`, {
    feature,
    ...(file === undefined ? {} : { file }),
  });
}

interface ProgressPrinter {
  readonly print: (progress: CommitProgress) => void;
  /** Takes away the line that was drawn, if there is one, so that what follows has a line of its own. */
  readonly clear: () => void;
}

/**
 * A line a phase, and while copying one a tenth; a person sees one line that changes. Nothing before the
 * commit has begun: a refusal is one line.
 */
function progressPrinter(terminal: Terminal): ProgressPrinter {
  let last = '';
  let isDrawn = false;
  const print = ({ phase, doneBytes, totalBytes }: CommitProgress) => {
    if (phase === 'preparing') return;
    const share =
      phase === 'copying' && totalBytes > 0
        ? Math.floor((doneBytes / totalBytes) * (terminal.isTerminal ? 100 : 10))
        : 0;
    const key = `${phase} ${String(share)}`;
    if (key === last) return;
    last = key;
    const text = phase === 'copying' ? `copying: ${formatSize(doneBytes)} of ${formatSize(totalBytes)}` : phase;
    isDrawn = terminal.isTerminal;
    terminal.err(isDrawn ? `${clearLine}${text}` : `${text}\n`);
  };
  const clear = () => {
    if (isDrawn) terminal.err(clearLine);
    isDrawn = false;
  };
  return { print, clear };
}

/** To the first column, and what is there goes. */
const clearLine = '\r\u001b[K';
