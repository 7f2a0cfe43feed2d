import type { Command } from 'commander';
import { discardRedoLog } from '../../disk/discard.ts';
import { removeAbandonedLogs } from '../../disk/session/abandoned-logs.ts';
import { printResult, type Terminal } from '../terminal.ts';
import { newDiskCommand, openContext, type DiskOptions } from './disk-options.ts';

interface DiscardOptions extends DiskOptions {
  readonly oldState?: boolean;
}

/** `redoubt disk discard REDO`: the log is removed, also where its parent is not what it was. */
export function discardCommand(terminal: Terminal): Command {
  return newDiskCommand('discard', 'Remove a redo log and all that was written to it.')
    .argument('<redo>')
    .option('--old-state', 'also an old state, which disks that are not known here may need')
    .action(async (redo: string, options: DiscardOptions) => {
      const context = openContext(options, 'discard', redo);
      await removeAbandonedLogs(redo, { context });
      await discardRedoLog({ redo, context, force: true, isOldStateMeant: options.oldState === true });
      printResult(terminal, options, { removed: redo }, []);
    });
}
