import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Command, Option } from 'commander';
import type { OpenContext } from '../../disk/open-context.ts';

/** What every disk command takes. */
export interface DiskOptions {
  readonly trust: readonly string[];
  readonly json?: boolean;
}

/** A command below `redoubt disk`, with the options that all have. */
export function newDiskCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .addOption(
      new Option('--trust <path>', 'let this file, or the files in this folder, be parents (repeatable)')
        .argParser(collect)
        .default([], 'none'),
    )
    .option('--json', 'print one JSON document');
}

/** For options that may be given several times. */
export function collect(value: string, values: readonly string[]): string[] {
  return [...values, value];
}

/** Files named on the command line are approved by being named. */
export function openContext(options: DiskOptions, purpose: string, ...named: readonly string[]): OpenContext {
  return { trustedPaths: [...named, ...options.trust], keepsApprovals: true, purpose };
}

/** A file's path as the user would write it: with the folder as it was given, where that is the same one. */
export function asGiven(path: string, givenFolder: string): string {
  try {
    return realpathSync(givenFolder) === dirname(path) ? join(givenFolder, basename(path)) : path;
  } catch {
    return path;
  }
}
