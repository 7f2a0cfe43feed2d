import type { Command } from 'commander';
import { discardRedoLog } from '../../disk/discard.ts';
import { printResult, type Terminal } from '../terminal.ts';
import { newDiskCommand, openContext, type DiskOptions } from './disk-options.ts';

/** `redoubt disk discard REDO`: the log is removed, also where its parent is not what it was. */
export function discardCommand(terminal: Terminal): Command {
  return newDiskCommand('discard', 'Remove a redo log and all that was written to it.')
    .argument('<redo>')
    .action(async (redo: string, options: DiskOptions) => {
      await discardRedoLog({ redo, context: openContext(options, 'discard', redo), force: true });
      printResult(terminal, options, { removed: redo }, []);
    });
}
