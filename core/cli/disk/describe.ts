import type { Command } from 'commander';
import { describeChain } from '../../disk/describe/describe.ts';
import { printResult, type Terminal } from '../terminal.ts';
import { newDiskCommand, openContext, type DiskOptions } from './disk-options.ts';

interface DescribeOptions extends DiskOptions {
  readonly out: string;
}

/** `redoubt disk describe FILE --out DIR`: text descriptors, the leaf's first, so that others can read the chain. */
export function describeCommand(terminal: Terminal): Command {
  return newDiskCommand(
    'describe',
    'Write text descriptors with which other programs can read the chain, never write it.',
  )
    .argument('<file>')
    .requiredOption('--out <dir>', 'folder for the descriptors')
    .action(async (file: string, options: DescribeOptions) => {
      const descriptors = await describeChain(file, options.out, openContext(options, 'describe', file));
      printResult(terminal, options, { descriptors }, descriptors);
    });
}
