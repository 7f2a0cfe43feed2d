import type { Command } from 'commander';
import { shrinkDisk, type ShrinkResult } from '../../disk/shrink/shrink-disk.ts';
import { formatSize } from '../format-size.ts';
import { ProgressLine } from '../progress-line.ts';
import { onOneLine, printResult, type Terminal } from '../terminal.ts';
import { newDiskCommand, openContext, type DiskOptions } from './disk-options.ts';

/** `redoubt disk shrink FILE`: gives space that is not used back to the host; progress on stderr. */
export function shrinkCommand(terminal: Terminal): Command {
  return newDiskCommand('shrink', 'Make the files of a disk or a redo log as short as what they hold.')
    .argument('<file>')
    .action(async (file: string, options: DiskOptions) => {
      const abort = new AbortController();
      const stop = () => {
        abort.abort();
      };
      const progress = new ProgressLine(terminal);
      process.on('SIGINT', stop).on('SIGTERM', stop);
      try {
        const result = await shrinkDisk({
          file,
          context: openContext(options, 'shrink', file),
          signal: abort.signal,
          onProgress: ({ phase, doneBytes, totalBytes }) => {
            if (phase !== 'done') progress.show(phase, doneBytes, totalBytes);
          },
        });
        progress.clear();
        printResult(terminal, options, result, [onOneLine(resultLine(result))]);
      } finally {
        progress.clear();
        process.off('SIGINT', stop).off('SIGTERM', stop);
      }
    });
}

function resultLine({ file, beforeBytes, afterBytes, isFixedSize }: ShrinkResult): string {
  if (isFixedSize) return `${file} is always as large as its disk; there is nothing to shrink.`;
  return `${file}: ${formatSize(beforeBytes)} before, ${formatSize(afterBytes)} now.`;
}
