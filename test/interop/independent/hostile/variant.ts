import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readField, writeField, type Field, type FieldTable } from '../fields.ts';

/** One way of spoiling a sound disk: some of its files are changed, or go. */
export interface Variant {
  readonly name: string;
  readonly changes: readonly FileChange[];
  /** Puts more into the disk's folder. Whoever applies it clears the folder of what was not there. */
  readonly add?: (folder: string) => void;
  /** Grains lie in the same place, so that writing to one changes the other: nothing that is written need read right. */
  readonly sharesPlaces?: boolean;
}

export interface FileChange {
  /** Its name in the disk's folder. */
  readonly file: string;
  /** What the file holds instead; undefined: it is not there. */
  readonly change: (bytes: Buffer) => Buffer | undefined;
}

/** Spoils the files in `folder`. */
export function applyVariant(folder: string, { changes, add }: Variant): void {
  const before = changes.map(({ file }) => ({ path: join(folder, file), bytes: readFileSync(join(folder, file)) }));
  changes.forEach(({ change }, index) => {
    const { path, bytes } = before[index] ?? { path: '', bytes: Buffer.alloc(0) };
    const changed = change(Buffer.from(bytes));
    if (changed === undefined) rmSync(path);
    else writeFileSync(path, changed);
  });
  add?.(folder);
}

/** Bytes put over those at an offset. */
export function patched(file: string, offset: number, patch: Uint8Array): FileChange {
  return {
    file,
    change: (bytes) => {
      bytes.set(patch.subarray(0, Math.max(0, bytes.length - offset)), offset);
      return bytes;
    },
  };
}

/** A number changed to `value`, or by what `value` makes of the old one. */
export function fieldChange(file: string, field: Field, value: number | bigint): FileChange {
  return {
    file,
    change: (bytes) => {
      const limit = 1n << BigInt(field.bytes * 8);
      writeField(bytes, field, BigInt.asUintN(field.bytes * 8, BigInt(value) % limit));
      return bytes;
    },
  };
}

/** Every field of a header with every value that may hurt: its neighbours, the borders of numbers and of the file. */
export function fieldVariants(file: string, bytes: Buffer, fields: FieldTable): Variant[] {
  return Object.entries(fields).flatMap(([name, field]) => {
    const now = BigInt(readField(bytes, field));
    return painfulNumbers(now, bytes.length, field.bytes).map((value) => ({
      name: `${file}: ${name} is ${String(value)} instead of ${String(now)}`,
      changes: [fieldChange(file, field, value)],
    }));
  });
}

/** Numbers of `width` bytes that have broken readers before. `fileBytes` is how long the file is. */
export function painfulNumbers(now: bigint, fileBytes: number, width: number): bigint[] {
  const max = (1n << BigInt(width * 8)) - 1n;
  const endSector = BigInt(Math.ceil(fileBytes / 512));
  const wanted = [
    0n,
    1n,
    2n,
    3n,
    5n,
    now - 1n,
    now + 1n,
    now * 2n,
    now / 2n,
    now ^ 0x8000_0000n,
    endSector - 1n,
    endSector,
    endSector + 1n,
    0x7fff_ffffn,
    0x8000_0000n,
    0x0040_0000n,
    0xffff_fff0n,
    max / 512n,
    max - 1n,
    max,
    ...(width === 8 ? [1n << 32n, (1n << 53n) - 1n, 1n << 53n, 1n << 55n, 1n << 63n] : []),
  ];
  return [...new Set(wanted)].filter((value) => value >= 0n && value <= max && value !== now);
}

/** The file cut off at every place where something begins or ends, and longer than it should be. */
export function lengthVariants(file: string, bytes: Buffer, borders: readonly number[]): Variant[] {
  const lengths = [0, 1, 4, ...borders.flatMap((border) => [border - 1, border, border + 1, border + 512])];
  const cut = [...new Set(lengths)]
    .filter((length) => length >= 0 && length < bytes.length)
    .map((length) => ({
      name: `${file}: cut off at ${String(length)}`,
      changes: [{ file, change: (whole: Buffer) => whole.subarray(0, length) }],
    }));
  const longer = [1, 511, 512, 70_000].map((more) => ({
    name: `${file}: ${String(more)} bytes too long`,
    changes: [{ file, change: (whole: Buffer) => Buffer.concat([whole, Buffer.alloc(more, 0xab)]) }],
  }));
  return [...cut, ...longer];
}

/** Texts put where a file's name should be. */
export function painfulNames(own: string, others: readonly string[]): { what: string; text: Buffer }[] {
  const names = [
    '',
    '.',
    '..',
    '/',
    own,
    `./${own}`,
    ...others,
    'nobody-is-here.vmdk',
    'a-pipe',
    'a-folder',
    'a-link',
    'a-text',
    '/dev/zero',
    '/dev/null',
    '/dev/tty',
    '/proc/self/mem',
    '/proc/self/fd/0',
    '/etc/passwd',
    '../../../../../../etc/passwd',
    '//server/share/disk.vmdk',
    'C:\\Virtual Machines\\disk.vmdk',
    'CON',
    '~/disk.vmdk',
    '$HOME',
    '%s%s%s%n',
    'a\nb',
    '\u202egnp.kmdv',
  ].map((name) => ({ what: JSON.stringify(name), text: Buffer.from(name, 'utf8') }));
  return [
    ...names,
    { what: 'no NUL at all', text: Buffer.alloc(4096, 0x61) },
    { what: 'slashes', text: Buffer.alloc(4096, 0x2f) },
    { what: 'dots', text: Buffer.from('../'.repeat(1400)) },
    { what: 'no UTF-8', text: Buffer.from([0xff, 0xfe, 0xc3, 0x28, 0xed, 0xa0, 0x80]) },
    { what: 'a NUL in front', text: Buffer.from('\0disk.vmdk') },
  ];
}
