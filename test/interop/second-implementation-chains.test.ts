import { basename } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandProcess } from '../support/command-process.ts';
import { fingerprint } from '../support/fingerprint.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { makeTempFolder } from '../support/temp-folder.ts';
import { cowdDialects, type CowdDialectName } from './independent/cowd-layout.ts';
import { writeCowd, type CowdPlan } from './independent/cowd-writer.ts';
import { Picture } from './independent/picture.ts';
import { paintAll, strokesOver } from './independent/strokes-over.ts';
import { expectReadable, expectServed, infoOf, scribble, whileServed } from './served-disks.ts';

let program: CommandProcess;
beforeAll(async () => {
  program = await CommandProcess.start();
});
afterAll(() => program.end());

/** What may differ from link to link. */
type Level = Pick<CowdPlan, 'dialect' | 'spansSectors'> & Partial<Pick<CowdPlan, 'redoCapacity' | 'grainSectors'>>;

const whole = 131_072 + 34;
const one = [whole];
const two = [70_016, whole - 70_016];
const three = [32_768, 65_536, whole - 98_304];

const chains: { name: string; levels: readonly Level[] }[] = [
  {
    name: 'all dialects, one file each',
    levels: (['vmware2', 'esx', 'hybrid', 'ws3', 'esx', 'vmware2'] as const).map((dialect) => ({
      dialect,
      spansSectors: one,
    })),
  },
  {
    name: 'files that end at different places',
    levels: [
      { dialect: 'hybrid', spansSectors: two },
      { dialect: 'hybrid', spansSectors: one },
      { dialect: 'hybrid', spansSectors: three },
      { dialect: 'ws3', spansSectors: two, redoCapacity: 'span' },
      { dialect: 'esx', spansSectors: one },
      { dialect: 'ws3', spansSectors: three, redoCapacity: 'span' },
    ],
  },
  {
    name: 'logs that say the size of the whole disk, over others that do',
    levels: [
      { dialect: 'ws3', spansSectors: three },
      { dialect: 'ws3', spansSectors: three, redoCapacity: 'disk' },
      { dialect: 'hybrid', spansSectors: three, redoCapacity: 'disk' },
      { dialect: 'ws3', spansSectors: three, redoCapacity: 'disk', grainSectors: 16 },
    ],
  },
  {
    name: 'grains from the largest to the smallest, and back',
    levels: [2048, 512, 64, 8, 1, 2, 32, 128, 1024].map((grainSectors) => ({
      dialect: grainSectors < 128 ? 'esx' : 'ws3',
      spansSectors: one,
      grainSectors,
    })),
  },
  {
    name: '64 links',
    levels: Array.from({ length: 64 }, (_, level): Level => {
      const dialects = Object.keys(cowdDialects) as CowdDialectName[];
      return { dialect: dialects[level % dialects.length] ?? 'hybrid', spansSectors: one };
    }),
  },
];

/** Writes the links one over the other. Returns their first files, from the base to the leaf, and all files. */
function writeChain(folder: string, levels: readonly Level[], picture: Picture, random: SeededRandom) {
  const links: string[] = [];
  const files: string[] = [];
  levels.forEach((level, index) => {
    const last = links.at(-1);
    const strokes = strokesOver(picture.sizeBytes, [], random, 12);
    const file =
      last === undefined ? `${folder}/disk.vmdk` : `${folder}/disk.vmdk.REDO_${String(index).padStart(6, '0')}`;
    const made = writeCowd({
      ...level,
      file,
      strokes,
      tables: random.pick(['preallocated', 'lazy']),
      placing: random.pick(['aligned', 'packed', 'scattered']),
      ending: random.pick(['clean', 'stale', 'unclean']),
      generation: 1000 + index,
      random,
      ...(last === undefined
        ? {}
        : { parent: { storedName: basename(last), generation: 999 + index, below: picture } }),
    });
    links.push(file);
    files.push(...made);
    paintAll(picture, strokes);
  });
  return { links, files };
}

describe('chains of unlike links', () => {
  it.each(chains.map((chain) => [chain.name, chain] as const))(
    '%s',
    async (name, { levels }) => {
      using folder = makeTempFolder();
      const random = new SeededRandom(name.length);
      const picture = new Picture(whole * 512);
      const { links, files } = writeChain(folder.path, levels, picture, random);
      const leaf = links.at(-1) ?? '';
      const untouched = fingerprint(files);
      expectReadable(leaf, picture);
      expect((await infoOf(program, leaf)).links.map(({ files: [first] }) => first)).toEqual([...links].reverse());
      expect(await program.run(['disk', 'check', leaf])).toMatchObject({ status: 0 });
      const redo = await whileServed(program, folder, leaf, ['--mode', 'undoable'], async (disk, log) => {
        await expectServed(disk, picture, random);
        await scribble(disk, picture, [], random);
        await expectServed(disk, picture, random);
        return log ?? '';
      });
      expect(fingerprint(files)).toBe(untouched);
      expectReadable(redo, picture);
      // Into the leaf, whatever its grains are.
      await program.ok('disk', 'commit', redo);
      expectReadable(leaf, picture);
      await whileServed(program, folder, leaf, ['--mode', 'persistent'], (disk) => scribble(disk, picture, [], random));
      expectReadable(leaf, picture);
    },
    120_000,
  );
});
