import { dirname } from 'node:path';
import { Option, type Command } from 'commander';
import { createBase, type DialectName, type DiskBus } from '../../disk/create/create-base.ts';
import { parseSize } from '../parse-size.ts';
import { printResult, type Terminal } from '../terminal.ts';
import { dialectHelp, dialectNames, requireCowd } from './dialect-option.ts';
import { asGiven, newDiskCommand, type DiskOptions } from './disk-options.ts';

interface CreateOptions extends DiskOptions {
  readonly size: string;
  readonly split: boolean;
  readonly format: 'cowd' | 'vmdk';
  readonly dialect?: DialectName;
  readonly bus: DiskBus;
}

/** `redoubt disk create FILE --size 4G`: a new base; prints the files made. */
export function createCommand(terminal: Terminal): Command {
  return newDiskCommand('create', 'Make a new, empty disk.')
    .argument('<file>', 'first file, ending in .vmdk')
    .requiredOption('--size <size>', 'bytes, or with K, M, G, T; a multiple of 512')
    .option('--no-split', 'one file, however large; else files below 2 GiB where one is not enough')
    .addOption(
      new Option(
        '--format <format>',
        'vmdk: VMDK 4, one file (monolithicSparse) or 2 GB extents (twoGbMaxExtentSparse)',
      )
        .choices(['cowd', 'vmdk'])
        .default('cowd'),
    )
    .addOption(new Option('--dialect <dialect>', `${dialectHelp} (default: "hybrid")`).choices(dialectNames))
    .addOption(
      new Option('--bus <bus>', 'adapter that the geometry in the header is for')
        .choices(['ide', 'scsi'])
        .default('ide'),
    )
    .action(async (file: string, options: CreateOptions) => {
      const { size, split, format, dialect = 'hybrid', bus } = options;
      if (options.dialect !== undefined) requireCowd(format);
      const made = await createBase({ file, capacityBytes: parseSize(size), split, bus, format, dialect });
      const files = made.files.map((path) => asGiven(path, dirname(file)));
      printResult(terminal, options, { files }, files);
    });
}
