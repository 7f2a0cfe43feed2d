import type { Command } from 'commander';
import { relinkRedoLog } from '../../disk/relink.ts';
import { printResult, type Terminal } from '../terminal.ts';
import { newDiskCommand, openContext, type DiskOptions } from './disk-options.ts';

interface RelinkOptions extends DiskOptions {
  readonly parent: string;
  readonly acceptChanged?: boolean;
}

/** `redoubt disk relink REDO --parent FILE`: the log hangs from that file from now on; prints the parent. */
export function relinkCommand(terminal: Terminal): Command {
  return newDiskCommand('relink', 'Hang a redo log from its parent where that is now, or from a copy of it.')
    .argument('<redo>')
    .requiredOption('--parent <file>', 'first file of the parent')
    .option('--accept-changed', 'although its content has changed since: what the log reads may be a mixture then')
    .action(async (redo: string, options: RelinkOptions) => {
      const { parent, acceptChanged = false } = options;
      const context = openContext(options, 'relink', redo, parent);
      const relinked = await relinkRedoLog({ redo, parent, acceptChanged, context });
      printResult(terminal, options, relinked, [relinked.parent]);
    });
}
