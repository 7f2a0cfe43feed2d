import { extname } from 'node:path';
import { RedoubtError } from '../base/redoubt-error.ts';
import { fitsFileSystem } from '../disk/names.ts';

/** What a disk can be converted to: `vmdk` is VMDK 4, whose other kinds have names of their own. */
export const targetFormats = [
  'cowd',
  'vmdk',
  'raw',
  'qcow2',
  'vdi',
  'vhdx',
  'monolithicFlat',
  'twoGbMaxExtentFlat',
  'streamOptimized',
] as const;
export type TargetFormat = (typeof targetFormats)[number];

/** How qemu-img calls the formats that it writes for us, with what it must be told besides. */
export const foreignFormats: Partial<Record<TargetFormat, readonly string[]>> = {
  qcow2: ['-O', 'qcow2'],
  vdi: ['-O', 'vdi'],
  vhdx: ['-O', 'vhdx'],
  monolithicFlat: ['-O', 'vmdk', '-o', 'subformat=monolithicFlat'],
  twoGbMaxExtentFlat: ['-O', 'vmdk', '-o', 'subformat=twoGbMaxExtentFlat'],
  streamOptimized: ['-O', 'vmdk', '-o', 'subformat=streamOptimized'],
};

const byExtension: Readonly<Record<string, TargetFormat>> = {
  '.vmdk': 'cowd',
  '.dsk': 'cowd',
  '.raw': 'raw',
  '.img': 'raw',
  '.qcow2': 'qcow2',
  '.vdi': 'vdi',
  '.vhdx': 'vhdx',
};

/** The format that a file's name stands for. Throws usage.bad-argument where it stands for none. */
export function formatOfName(file: string): TargetFormat {
  const format = byExtension[extname(file).toLowerCase()];
  if (format !== undefined) return format;
  const reason = `is needed, because the name of ${file} does not say it`;
  throw new RedoubtError('usage.bad-argument', `--format ${reason}.`, { argument: '--format', reason });
}

const described: ReadonlySet<TargetFormat> = new Set(['monolithicFlat', 'twoGbMaxExtentFlat', 'streamOptimized']);

/**
 * Throws disk.bad-name where a new disk's descriptor could not name its files. Of the formats that have one and are not
 * written by the engine, which looks at names by itself.
 */
export function checkDescribedName(name: string, format: TargetFormat): void {
  if (!described.has(format)) return;
  const refuse = (reason: string) =>
    new RedoubtError('disk.bad-name', `${name} can't be a disk's name: ${reason}.`, { value: name, reason });
  if (/["\p{Cc}]/u.test(name)) throw refuse('it has a character that disk descriptors do not allow');
  if (!fitsFileSystem(name)) throw refuse('it is too long');
}
