import { dirname } from 'node:path';
import type { Command } from 'commander';
import type { OpenContext } from '../../disk/open-context.ts';
import { protectDisk, unprotectDisk } from '../../disk/protect.ts';
import { printResult, type Terminal } from '../terminal.ts';
import { asGiven, newDiskCommand, openContext, type DiskOptions } from './disk-options.ts';

/** `redoubt disk protect BASE`: every file of it is made read-only; prints them. */
export function protectCommand(terminal: Terminal): Command {
  return commandOf(terminal, 'protect', 'Make all files of a disk read-only.', protectDisk);
}

/** `redoubt disk unprotect BASE`: the owner may write again; prints the files. */
export function unprotectCommand(terminal: Terminal): Command {
  return commandOf(terminal, 'unprotect', 'Make all files of a disk writable again.', unprotectDisk);
}

function commandOf(
  terminal: Terminal,
  name: string,
  description: string,
  act: (file: string, context: OpenContext) => Promise<string[]>,
): Command {
  return newDiskCommand(name, description)
    .argument('<base>')
    .action(async (base: string, options: DiskOptions) => {
      const files = (await act(base, openContext(options, name, base))).map((path) => asGiven(path, dirname(base)));
      printResult(terminal, options, { files }, files);
    });
}
