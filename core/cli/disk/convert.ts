import { dirname } from 'node:path';
import { Option, type Command } from 'commander';
import { convertDisk } from '../../convert/convert.ts';
import { formatOfName, targetFormats, type TargetFormat } from '../../convert/target-format.ts';
import type { DialectName } from '../../disk/create/create-base.ts';
import { printResult, type Terminal } from '../terminal.ts';
import { dialectHelp, dialectNames, requireCowd } from './dialect-option.ts';
import { asGiven, newDiskCommand, openContext, type DiskOptions } from './disk-options.ts';
import { progressPrinter } from './progress-printer.ts';

interface ConvertOptions extends DiskOptions {
  readonly format?: TargetFormat;
  readonly dialect?: DialectName;
  readonly split: boolean;
}

/** `redoubt disk convert SRC DST`: a new disk with the content of another; prints its files. */
export function convertCommand(terminal: Terminal): Command {
  return newDiskCommand('convert', 'Make a new disk with the content of another, in any format.')
    .argument('<src>', 'a disk, a redo log (with all it hangs from), or what qemu-img reads')
    .argument('<dst>', 'a file that does not exist')
    .addOption(
      new Option('--format <format>', 'default: by the name of the new file; .vmdk is cowd').choices(targetFormats),
    )
    .addOption(new Option('--dialect <dialect>', `${dialectHelp} (default: "hybrid")`).choices(dialectNames))
    .option('--no-split', 'one file, however large')
    .action(async (source: string, target: string, options: ConvertOptions) => {
      const { format, dialect, split } = options;
      if (dialect !== undefined) requireCowd(format ?? formatOfName(target));
      const abort = new AbortController();
      const stop = () => {
        abort.abort();
      };
      const progress = progressPrinter(terminal);
      process.on('SIGINT', stop).on('SIGTERM', stop);
      try {
        const converted = await convertDisk({
          source,
          target,
          format,
          dialect,
          split,
          context: openContext(options, 'convert', source),
          signal: abort.signal,
          onProgress: (doneBytes, totalBytes) => {
            progress.print({ phase: 'copying', doneBytes, totalBytes });
          },
        });
        progress.clear();
        const files = converted.files.map((path) => asGiven(path, dirname(target)));
        printResult(terminal, options, { ...converted, files }, files);
      } finally {
        progress.clear();
        process.off('SIGINT', stop).off('SIGTERM', stop);
      }
    });
}
