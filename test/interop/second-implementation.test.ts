import { statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandProcess } from '../support/command-process.ts';
import { DiskOverNbd } from '../support/disk-over-nbd.ts';
import { fingerprint } from '../support/fingerprint.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { makeTempFolder, type TempFolder } from '../support/temp-folder.ts';
import { firstDifference } from './independent/compare.ts';
import { cowdDialects, cowdFlag, parseLinkLine, type CowdDialectName } from './independent/cowd-layout.ts';
import { readCowdHeader } from './independent/cowd-extent.ts';
import { writeCowd, type CowdPlan } from './independent/cowd-writer.ts';
import { openDisk } from './independent/open-disk.ts';
import { joined, Picture, type Range } from './independent/picture.ts';
import { paintAll, strokesOver } from './independent/strokes-over.ts';

const mib = 1024 * 1024;

let program: CommandProcess;
beforeAll(async () => {
  program = await CommandProcess.start();
});
afterAll(() => program.end());

/** Serves a disk for as long as `use` runs; the command must succeed. */
async function whileServed<T>(
  folder: TempFolder,
  file: string,
  args: readonly string[],
  use: (disk: DiskOverNbd, redo: string | undefined) => Promise<T>,
): Promise<T> {
  const serving = await program.serve(file, folder.at('nbd.sock'), ...args);
  if (!('stop' in serving)) throw new Error(serving.err.trim());
  try {
    const disk = await DiskOverNbd.open(folder.at('nbd.sock'));
    try {
      return await use(disk, serving.redo);
    } finally {
      disk.close();
    }
  } finally {
    expect(await serving.stop()).toMatchObject({ status: 0 });
  }
}

/** Writes over NBD what a guest might, and paints the same. */
async function scribble(disk: DiskOverNbd, picture: Picture, seams: readonly number[], random: SeededRandom) {
  for (const { offsetBytes, bytes } of strokesOver(picture.sizeBytes, seams, random)) {
    const kind = random.below(10);
    if (kind === 0) await disk.writeZeroes(offsetBytes, bytes.length);
    else await disk.write(offsetBytes, bytes, { isDurable: kind === 1 });
    picture.paint(offsetBytes, kind === 0 ? new Uint8Array(bytes.length) : bytes);
    if (kind === 2) await disk.flush();
  }
}

/** Whatever was painted with what lies around it, and some spots anywhere. Small disks whole. */
function spotsOf(picture: Picture, random: SeededRandom): Range[] {
  const { sizeBytes } = picture;
  if (sizeBytes <= 128 * mib) return [{ startBytes: 0, endBytes: sizeBytes }];
  const around = (start: number, end: number): Range => ({
    startBytes: Math.max(0, start - 65_536),
    endBytes: Math.min(sizeBytes, end + 65_536),
  });
  const anywhere = Array.from({ length: 20 }, () => around(random.below(sizeBytes / 512) * 512, 0));
  return joined([
    ...picture.painted().map(({ startBytes, endBytes }) => around(startBytes, endBytes)),
    ...anywhere.filter(({ startBytes, endBytes }) => startBytes < endBytes),
  ]);
}

async function expectServed(disk: DiskOverNbd, picture: Picture, random: SeededRandom): Promise<void> {
  for (const { startBytes, endBytes } of spotsOf(picture, random)) {
    for (let at = startBytes; at < endBytes; at += 8 * mib) {
      const length = Math.min(8 * mib, endBytes - at);
      const [found, wanted] = [await disk.read(at, length), picture.read(at, length)];
      if (found.equals(wanted)) continue;
      const offset = found.findIndex((byte, index) => byte !== wanted[index]);
      expect.fail(`byte ${String(at + offset)} is ${String(found[offset])}, not ${String(wanted[offset])}`);
    }
  }
}

/** Reads the chain with the second implementation. */
function expectReadable(file: string, picture: Picture): void {
  const disk = openDisk(file);
  try {
    expect(firstDifference(disk, picture)).toBeUndefined();
  } finally {
    disk.close();
  }
}

/** What `disk info --json` says of one link. */
interface LinkInfo {
  readonly files: string[];
  readonly format: string;
  readonly dialect?: string;
  readonly capacityBytes: number;
  readonly grainBytes?: number;
  readonly generation: number;
  readonly contentId?: string;
  readonly role: string;
  readonly state: string;
}

async function infoOf(file: string): Promise<{ capacityBytes: number; links: LinkInfo[] }> {
  return JSON.parse(await program.ok('disk', 'info', '--json', file)) as { capacityBytes: number; links: LinkInfo[] };
}

/** The rules of the format page that hold for every COWD file after a clean close. */
function expectSoundCowd(files: readonly string[]): void {
  const headers = files.map((file) => readCowdHeader(file));
  const [first] = headers;
  if (first === undefined) throw new Error('no files');
  headers.forEach((header, ordinal) => {
    const file = files[ordinal] ?? '';
    expect(header.flags & cowdFlag.clean, file).toBe(cowdFlag.clean);
    expect(header.savedGeneration, file).toBe(header.generation);
    expect(header.generation, file).toBeLessThanOrEqual(first.generation);
    expect(header.freeSector * 512, file).toBe(statSync(file).size);
    expect(parseLinkLine(header.description)?.link, file).toBe(parseLinkLine(first.description)?.link);
    if (header.version === 3) {
      expect(header.fileOrdinal, file).toBe(ordinal);
      expect(header.filesPerDisk, file).toBe(files.length);
      expect(header.hardwareVersion, file).toBe(2);
      expect(header.flags, file).toBe((files.length > 1 ? 0x1a : 0x12) | (first.flags & 1));
    } else expect(header.uncleanShutdown, file).toBe(0);
    expect(header.parentFileName, file).toBe(first.parentFileName);
  });
}

/** What the command line can make, and how the files must look. Rows are added as formats are. */
const made: { name: string; args: readonly string[]; sizeBytes: number; files: number; dialect: CowdDialectName }[] = [
  { name: 'hybrid', args: [], sizeBytes: 100 * mib, files: 1, dialect: 'hybrid' },
  { name: 'hybrid, odd size', args: [], sizeBytes: 70 * mib + 512, files: 1, dialect: 'hybrid' },
  { name: 'hybrid, three files', args: [], sizeBytes: 5120 * mib + 1536, files: 3, dialect: 'hybrid' },
  { name: 'hybrid, SCSI', args: ['--bus', 'scsi'], sizeBytes: 4096 * mib, files: 3, dialect: 'hybrid' },
  { name: 'ws3', args: ['--dialect', 'ws3'], sizeBytes: 100 * mib, files: 1, dialect: 'ws3' },
  { name: 'ws3, three files', args: ['--dialect', 'ws3'], sizeBytes: 4096 * mib, files: 3, dialect: 'ws3' },
  {
    name: 'ws3, SCSI, odd size',
    args: ['--dialect', 'ws3', '--bus', 'scsi'],
    sizeBytes: 2100 * mib + 512,
    files: 2,
    dialect: 'ws3',
  },
  { name: 'esx', args: ['--dialect', 'esx', '--no-split'], sizeBytes: 100 * mib, files: 1, dialect: 'esx' },
  { name: 'esx, large', args: ['--dialect', 'esx', '--no-split'], sizeBytes: 3000 * mib, files: 1, dialect: 'esx' },
  { name: 'vmware2', args: ['--dialect', 'vmware2'], sizeBytes: 100 * mib, files: 1, dialect: 'vmware2' },
  { name: 'vmware2, large', args: ['--dialect', 'vmware2'], sizeBytes: 3000 * mib, files: 1, dialect: 'vmware2' },
  { name: 'hybrid, one file', args: ['--no-split'], sizeBytes: 5120 * mib, files: 1, dialect: 'hybrid' },
];

describe('what the engine writes, the second implementation reads', () => {
  it.each(made.map((row) => [row.name, row] as const))(
    '%s',
    async (_name, { name, args, sizeBytes, files, dialect }) => {
      using folder = makeTempFolder();
      const random = new SeededRandom(name.length * 977 + sizeBytes);
      const picture = new Picture(sizeBytes);
      let leaf = folder.at('disk.vmdk');
      await program.ok('disk', 'create', leaf, '--size', String(sizeBytes), ...args);
      let info = await infoOf(leaf);
      expect(info.links[0]?.files).toHaveLength(files);
      expect(info.links[0]).toMatchObject({ role: 'base', format: 'cowd', dialect, capacityBytes: sizeBytes });
      expectReadable(leaf, picture);

      const base = openDisk(leaf);
      let end = 0;
      const seams = base.extents.slice(0, -1).map((extent) => (end += extent.sizeBytes));
      base.close();
      await whileServed(folder, leaf, ['--mode', 'persistent'], (disk) => scribble(disk, picture, seams, random));
      expectReadable(leaf, picture);
      expectSoundCowd((await infoOf(leaf)).links[0]?.files ?? []);

      for (let level = 1; level <= 3; level++) {
        const below = (await infoOf(leaf)).links.flatMap((link) => link.files);
        const before = fingerprint(below);
        leaf = await whileServed(folder, leaf, ['--mode', 'undoable'], async (disk, redo) => {
          await scribble(disk, picture, seams, random);
          return redo ?? '';
        });
        expectReadable(leaf, picture);
        expect(fingerprint(below)).toBe(before);
        info = await infoOf(leaf);
        expect(info.links).toHaveLength(level + 1);
        expect(info.links[0]).toMatchObject({ role: 'redo-log', format: 'cowd', capacityBytes: sizeBytes });
        expectSoundCowd(info.links[0]?.files ?? []);
      }

      expect(await program.ok('disk', 'check', leaf)).toContain('nothing is wrong');

      // Once more into a log that is there already.
      await whileServed(folder, leaf, ['--mode', 'persistent'], (disk) => scribble(disk, picture, seams, random));
      expectReadable(leaf, picture);
      await whileServed(folder, leaf, ['--mode', 'nonpersistent', '--redo-dir', dirname(leaf)], async (disk) => {
        await expectServed(disk, picture, random);
      });
    },
  );
});

type Way = Pick<CowdPlan, 'dialect' | 'tables' | 'placing' | 'ending'> & {
  readonly isOurs: boolean;
  readonly spansSectors: readonly number[];
  readonly redoCapacity?: 'span' | 'disk';
  readonly grainSectors?: number;
};

/** Every dialect in every way of lying on disk; how a file ended and who made it go round. */
const ways: Way[] = (Object.keys(cowdDialects) as CowdDialectName[]).flatMap((dialect) =>
  (['preallocated', 'lazy'] as const).flatMap((tables, half) =>
    (['aligned', 'packed', 'scattered'] as const).map((placing, turn): Way => {
      const isOurs = (half + turn) % 2 === 0;
      const isSplit = cowdDialects[dialect].version === 3 && (turn !== 1 || isOurs);
      const ending = (['clean', 'stale', 'unclean'] as const)[(turn + half) % 3] ?? 'clean';
      const spansSectors = isSplit ? [70_016, 66_048, 8192 + 34] : [131_072 + 20];
      return { dialect, tables, placing, ending, isOurs, spansSectors };
    }),
  ),
);
ways.push(
  { ...(ways[0] as Way), dialect: 'ws3', redoCapacity: 'span' },
  { ...(ways[0] as Way), dialect: 'hybrid', redoCapacity: 'disk' },
  ...[2, 64].map((grainSectors): Way => ({
    ...(ways[0] as Way),
    dialect: 'esx',
    spansSectors: [3 * 4096 * 128 + 40],
    grainSectors,
  })),
  ...[1, 8, 2048].map((grainSectors): Way => ({
    ...(ways[0] as Way),
    dialect: 'ws3',
    spansSectors: [3 * 4096 * 128, 512 * 2048],
    grainSectors,
  })),
);

describe('what the second implementation writes, the engine reads and writes on', () => {
  const rows = ways.map((way) => ({
    ...way,
    name: [
      way.dialect,
      `${String(way.spansSectors.length)} files`,
      `tables ${way.tables}`,
      `grains ${way.placing}`,
      way.ending,
      way.isOurs ? 'ours' : 'foreign',
      ...(way.redoCapacity === undefined ? [] : [`logs by ${way.redoCapacity}`]),
      ...(way.grainSectors === undefined ? [] : [`grain ${String(way.grainSectors)}`]),
    ].join(', '),
  }));

  it.each(rows.map((row) => [row.name, row] as const))('%s', async (_name, way) => {
    using folder = makeTempFolder();
    const random = new SeededRandom(rows.findIndex((row) => row.name === way.name));
    const sizeBytes = way.spansSectors.reduce((sum, span) => sum + span, 0) * 512;
    let end = 0;
    const seams = way.spansSectors.slice(0, -1).map((span) => (end += span * 512));
    const picture = new Picture(sizeBytes);
    const id = () => Array.from({ length: 32 }, () => random.below(16).toString(16)).join('');
    const links: { file: string; files: string[]; generation: number; content: string }[] = [];

    for (let level = 0; level < 3; level++) {
      const below = links.at(-1);
      const file = below === undefined ? folder.at('disk.vmdk') : `${below.file}.REDO`;
      const strokes = strokesOver(sizeBytes, seams, random, 12);
      const content = id();
      const lower = below === undefined ? undefined : openDisk(below.file);
      const files = writeCowd({
        ...way,
        file,
        strokes,
        random,
        generation: 1_000_000 + level,
        ...(below === undefined || lower === undefined
          ? {}
          : { parent: { storedName: basename(below.file), generation: below.generation, below: lower } }),
        ...(way.isOurs
          ? {
              line: {
                content,
                link: id(),
                parent: below?.content,
                owner: undefined,
                relpath: below === undefined ? undefined : basename(below.file),
                marks: '',
              },
            }
          : {}),
      });
      lower?.close();
      links.push({ file, files, generation: 1_000_000 + level, content });
      paintAll(picture, strokes);
    }
    const leaf = links.at(-1)?.file ?? '';
    expectReadable(leaf, picture);
    const everything = links.flatMap(({ files }) => files);
    const untouched = fingerprint(everything);
    expect(await program.run(['disk', 'check', leaf])).toMatchObject({ status: 0 });

    const info = await infoOf(leaf);
    expect(info.capacityBytes).toBe(sizeBytes);
    expect(info.links.map((link) => ({ files: link.files, generation: link.generation }))).toEqual(
      [...links].reverse().map(({ files, generation }) => ({ files, generation })),
    );
    expect(info.links.map((link) => link.contentId)).toEqual(
      [...links].reverse().map(({ content }) => (way.isOurs ? content : undefined)),
    );

    await whileServed(folder, leaf, ['--mode', 'nonpersistent', '--redo-dir', folder.path], async (disk) => {
      await expectServed(disk, picture, random);
    });
    expect(fingerprint(everything)).toBe(untouched);

    const lower = links.slice(0, -1).flatMap(({ files }) => files);
    const untouchedLower = fingerprint(lower);
    await whileServed(folder, leaf, ['--mode', 'persistent'], async (disk) => {
      await scribble(disk, picture, seams, random);
      await expectServed(disk, picture, random);
    });
    expectReadable(leaf, picture);
    expect(fingerprint(lower)).toBe(untouchedLower);
    const [written] = (await infoOf(leaf)).links;
    expect(written?.generation).toBeGreaterThan(1_000_002);
    expect(readCowdHeader(leaf).flags & cowdFlag.clean).toBe(cowdFlag.clean);
    const redo = await whileServed(folder, leaf, ['--mode', 'undoable'], async (disk, log) => {
      await scribble(disk, picture, seams, random);
      return log ?? '';
    });
    expectReadable(redo, picture);
    expect(await program.run(['disk', 'check', redo])).toMatchObject({ status: 0 });
  });
});
