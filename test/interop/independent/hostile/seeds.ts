import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { CowdDialectName } from '../cowd-layout.ts';
import { writeCowd } from '../cowd-writer.ts';
import { openDisk } from '../open-disk.ts';
import { Picture } from '../picture.ts';
import { paintAll, strokesOver } from '../strokes-over.ts';
import { writeVmdk4, type Vmdk4Plan } from '../vmdk4-writer.ts';
import { cowdVariants } from './cowd-variants.ts';
import { descriptorVariants } from './descriptor-variants.ts';
import { lockVariants, sideFileVariants } from './side-file-variants.ts';
import type { Variant } from './variant.ts';
import { vmdk4Variants } from './vmdk4-variants.ts';

interface Source {
  fraction(): number;
  below(limit: number): number;
  bytes(length: number): Uint8Array;
}

/** A sound disk in a folder of its own, and all ways of spoiling it. */
export interface Seed {
  readonly folder: string;
  /** The file that is opened. */
  readonly leaf: string;
  readonly files: readonly string[];
  readonly picture: Picture;
  readonly variants: readonly Variant[];
}

/** What hostile names may lead to. */
function furnish(folder: string): void {
  mkdirSync(join(folder, 'a-folder'), { recursive: true });
  execFileSync('mkfifo', [join(folder, 'a-pipe')]);
  symlinkSync('/dev/zero', join(folder, 'a-link'));
  writeFileSync(join(folder, 'a-text'), 'nothing of interest\n'.repeat(100));
}

/** A base and a redo log over it. Version 3: in two files each. */
export function cowdSeed(folder: string, dialect: CowdDialectName, isOurs: boolean, random: Source): Seed {
  furnish(folder);
  const isSplit = dialect === 'hybrid' || dialect === 'ws3';
  const spansSectors = isSplit ? [70_016, 2048 + 34] : [8_192 + 20];
  const sizeBytes = spansSectors.reduce((sum, span) => sum + span, 0) * 512;
  const seams = isSplit ? [70_016 * 512] : [];
  const picture = new Picture(sizeBytes);
  const line = (digit: string, parent: string | undefined) => ({
    content: digit.repeat(32),
    link: `${digit}0`.repeat(16),
    parent,
    owner: undefined,
    relpath: parent === undefined ? undefined : 'disk.vmdk',
    marks: '',
  });
  const common = {
    dialect,
    tables: 'preallocated',
    placing: 'aligned',
    ending: 'clean',
    spansSectors,
    random,
  } as const;
  const base = join(folder, 'disk.vmdk');
  let strokes = strokesOver(sizeBytes, seams, random, 3);
  const files = writeCowd({
    ...common,
    file: base,
    strokes,
    generation: 1000,
    ...(isOurs ? { line: line('a', undefined) } : {}),
  });
  paintAll(picture, strokes);
  const below = openDisk(base);
  strokes = strokesOver(sizeBytes, seams, random, 3);
  const leaf = `${base}.REDO`;
  const parent = { storedName: 'disk.vmdk', generation: 1000, below };
  files.push(
    ...writeCowd({
      ...common,
      file: leaf,
      strokes,
      parent,
      generation: 2000,
      ...(isOurs ? { line: line('b', 'a'.repeat(32)) } : {}),
    }),
  );
  below.close();
  paintAll(picture, strokes);
  const names = files.map((file) => basename(file));
  const variants = names.flatMap((name) =>
    cowdVariants(
      name,
      readFileSync(join(folder, name)),
      names.filter((other) => other !== name),
    ),
  );
  const beside = [...sideFileVariants('disk.vmdk'), ...lockVariants('disk.vmdk'), ...lockVariants(basename(leaf))];
  return { folder, leaf, files, picture, variants: [...variants, ...swaps(names), ...beside] };
}

/** Files that are missing, or that hold what another should. */
function swaps(names: readonly string[]): Variant[] {
  const contents = new Map<string, Buffer>();
  const remember = (file: string) => (bytes: Buffer) => {
    contents.set(file, bytes);
    return bytes;
  };
  return names.flatMap((file) => [
    { name: `${file}: missing`, changes: [{ file, change: () => undefined }] },
    { name: `${file}: nothing but 0xff`, changes: [{ file, change: (bytes: Buffer) => bytes.fill(0xff) }] },
    ...names
      .filter((other) => other !== file)
      .map((other) => ({
        name: `${file}: holds what ${other} holds`,
        changes: [
          { file: other, change: remember(other) },
          { file, change: () => contents.get(other) },
        ],
      })),
  ]);
}

/** A disk in one of the formats with a descriptor. */
export function vmdk4Seed(
  folder: string,
  plan: Pick<Vmdk4Plan, 'createType' | 'spansSectors'> & Partial<Vmdk4Plan>,
  random: Source,
): Seed {
  furnish(folder);
  const sizeBytes = plan.spansSectors.reduce((sum, span) => sum + span, 0) * 512;
  const picture = new Picture(sizeBytes);
  const strokes = strokesOver(sizeBytes, [], random, 4);
  const leaf = join(folder, 'disk.vmdk');
  const files = writeVmdk4({ file: leaf, strokes, cid: '12345678', random, ...plan });
  paintAll(picture, strokes);
  const names = files.map((file) => basename(file));
  const variants = names.flatMap((name) => {
    const bytes = readFileSync(join(folder, name));
    const others = names.filter((other) => other !== name);
    const isSparse = bytes.toString('latin1', 0, 4) === 'KDMV';
    return [
      ...(isSparse ? vmdk4Variants(name, bytes) : []),
      ...(name === 'disk.vmdk' ? descriptorVariants(name, bytes, others) : []),
    ];
  });
  const beside = [...sideFileVariants('disk.vmdk'), ...lockVariants('disk.vmdk')];
  return { folder, leaf, files, picture, variants: [...variants, ...swaps(names), ...beside] };
}
