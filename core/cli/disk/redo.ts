import { dirname } from 'node:path';
import type { Command } from 'commander';
import { createRedoLog } from '../../disk/create/create-redo-log.ts';
import { printResult, type Terminal } from '../terminal.ts';
import { asGiven, newDiskCommand, openContext, type DiskOptions } from './disk-options.ts';

interface RedoOptions extends DiskOptions {
  readonly dir?: string;
}

/** `redoubt disk redo PARENT [--dir DIR]`: an empty redo log; prints its first file. */
export function redoCommand(terminal: Terminal): Command {
  return newDiskCommand('redo', 'Make an empty redo log over a disk.')
    .argument('<parent>')
    .option('--dir <dir>', 'folder for the log, whose name then ends in six random characters')
    .action(async (parent: string, options: RedoOptions) => {
      const { dir } = options;
      const log = await createRedoLog({
        parent,
        ...(dir === undefined ? {} : { directory: dir }),
        randomSuffix: dir !== undefined,
        context: openContext(options, 'making a redo log', parent),
      });
      const file = asGiven(log.file, dir ?? dirname(parent));
      printResult(terminal, options, { file, files: log.files }, [file]);
    });
}
