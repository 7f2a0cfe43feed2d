import { statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandProcess } from '../support/command-process.ts';
import { fingerprint } from '../support/fingerprint.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { makeTempFolder } from '../support/temp-folder.ts';
import { cowdDialects, cowdFlag, parseLinkLine, type CowdDialectName } from './independent/cowd-layout.ts';
import { readCowdHeader } from './independent/cowd-extent.ts';
import { writeCowd, type CowdPlan } from './independent/cowd-writer.ts';
import { openDisk } from './independent/open-disk.ts';
import { Picture } from './independent/picture.ts';
import { paintAll, strokesOver } from './independent/strokes-over.ts';
import { expectReadable, expectServed, expectSoundVmdk4, infoOf, scribble, whileServed } from './served-disks.ts';

const mib = 1024 * 1024;

let program: CommandProcess;
beforeAll(async () => {
  program = await CommandProcess.start();
});
afterAll(() => program.end());

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

/** A row of what the command line can make, and how the disk must look. */
interface Made {
  readonly name: string;
  readonly args: readonly string[];
  readonly sizeBytes: number;
  readonly files: number;
  readonly format?: 'vmdk';
  readonly dialect: string;
}

/** What the command line can make. Rows are added as formats are. */
const made: Made[] = [
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
  {
    name: 'VMDK 4, monolithicSparse',
    args: ['--format', 'vmdk'],
    sizeBytes: 100 * mib + 512,
    files: 1,
    format: 'vmdk',
    dialect: 'monolithicSparse',
  },
  {
    name: 'VMDK 4, twoGbMaxExtentSparse',
    args: ['--format', 'vmdk'],
    sizeBytes: 5120 * mib,
    files: 4,
    format: 'vmdk',
    dialect: 'twoGbMaxExtentSparse',
  },
  {
    name: 'VMDK 4, one large file',
    args: ['--format', 'vmdk', '--no-split', '--bus', 'scsi'],
    sizeBytes: 5120 * mib,
    files: 1,
    format: 'vmdk',
    dialect: 'monolithicSparse',
  },
  { name: 'hybrid, one file', args: ['--no-split'], sizeBytes: 5120 * mib, files: 1, dialect: 'hybrid' },
];

describe('what the engine writes, the second implementation reads', () => {
  it.each(made.map((row) => [row.name, row] as const))(
    '%s',
    async (_name, { name, args, sizeBytes, files, format = 'cowd', dialect }) => {
      using folder = makeTempFolder();
      const random = new SeededRandom(name.length * 977 + sizeBytes);
      const picture = new Picture(sizeBytes);
      let leaf = folder.at('disk.vmdk');
      await program.ok('disk', 'create', leaf, '--size', String(sizeBytes), ...args);
      let info = await infoOf(program, leaf);
      expect(info.links[0]?.files).toHaveLength(files);
      expect(info.links[0]).toMatchObject({ role: 'base', format, dialect, capacityBytes: sizeBytes });
      expectReadable(leaf, picture);

      const base = openDisk(leaf);
      let end = 0;
      const seams = base.extents.slice(0, -1).map((extent) => (end += extent.sizeBytes));
      base.close();
      await whileServed(program, folder, leaf, ['--mode', 'persistent'], (disk) =>
        scribble(disk, picture, seams, random),
      );
      expectReadable(leaf, picture);
      if (format === 'vmdk') expectSoundVmdk4(leaf);
      else expectSoundCowd((await infoOf(program, leaf)).links[0]?.files ?? []);

      for (let level = 1; level <= 3; level++) {
        const below = (await infoOf(program, leaf)).links.flatMap((link) => link.files);
        const before = fingerprint(below);
        leaf = await whileServed(program, folder, leaf, ['--mode', 'undoable'], async (disk, redo) => {
          await scribble(disk, picture, seams, random);
          return redo ?? '';
        });
        expectReadable(leaf, picture);
        expect(fingerprint(below)).toBe(before);
        info = await infoOf(program, leaf);
        expect(info.links).toHaveLength(level + 1);
        expect(info.links[0]).toMatchObject({ role: 'redo-log', format: 'cowd', capacityBytes: sizeBytes });
        expectSoundCowd(info.links[0]?.files ?? []);
      }

      expect(await program.ok('disk', 'check', leaf)).toContain('nothing is wrong');

      // Once more into a log that is there already.
      await whileServed(program, folder, leaf, ['--mode', 'persistent'], (disk) =>
        scribble(disk, picture, seams, random),
      );
      expectReadable(leaf, picture);
      await whileServed(
        program,
        folder,
        leaf,
        ['--mode', 'nonpersistent', '--redo-dir', dirname(leaf)],
        async (disk) => {
          await expectServed(disk, picture, random);
        },
      );
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

    const info = await infoOf(program, leaf);
    expect(info.capacityBytes).toBe(sizeBytes);
    expect(info.links.map((link) => ({ files: link.files, generation: link.generation }))).toEqual(
      [...links].reverse().map(({ files, generation }) => ({ files, generation })),
    );
    expect(info.links.map((link) => link.contentId)).toEqual(
      [...links].reverse().map(({ content }) => (way.isOurs ? content : undefined)),
    );

    await whileServed(program, folder, leaf, ['--mode', 'nonpersistent', '--redo-dir', folder.path], async (disk) => {
      await expectServed(disk, picture, random);
    });
    expect(fingerprint(everything)).toBe(untouched);

    const lower = links.slice(0, -1).flatMap(({ files }) => files);
    const untouchedLower = fingerprint(lower);
    await whileServed(program, folder, leaf, ['--mode', 'persistent'], async (disk) => {
      await scribble(disk, picture, seams, random);
      await expectServed(disk, picture, random);
    });
    expectReadable(leaf, picture);
    expect(fingerprint(lower)).toBe(untouchedLower);
    const [written] = (await infoOf(program, leaf)).links;
    expect(written?.generation).toBeGreaterThan(1_000_002);
    expect(readCowdHeader(leaf).flags & cowdFlag.clean).toBe(cowdFlag.clean);
    const redo = await whileServed(program, folder, leaf, ['--mode', 'undoable'], async (disk, log) => {
      await scribble(disk, picture, seams, random);
      return log ?? '';
    });
    expectReadable(redo, picture);
    expect(await program.run(['disk', 'check', redo])).toMatchObject({ status: 0 });
  });
});
