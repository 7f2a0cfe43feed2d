import { copyFileSync, existsSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandProcess } from '../support/command-process.ts';
import { fingerprint } from '../support/fingerprint.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { makeTempFolder } from '../support/temp-folder.ts';
import { writeCowd } from './independent/cowd-writer.ts';
import { formatDescriptor } from './independent/descriptor.ts';
import { openDisk, sidecarIdentity } from './independent/open-disk.ts';
import { Picture } from './independent/picture.ts';
import { paintAll, strokesOver } from './independent/strokes-over.ts';
import { writeVmdk4, type Vmdk4Plan } from './independent/vmdk4-writer.ts';
import { expectReadable, expectServed, expectSoundVmdk4, infoOf, scribble, whileServed } from './served-disks.ts';

let program: CommandProcess;
beforeAll(async () => {
  program = await CommandProcess.start();
});
afterAll(() => program.end());

/** What `disk info` calls the formats that the second implementation writes. */
interface Way {
  readonly name: string;
  readonly format: 'vmdk' | 'flat' | 'stream' | 'raw';
  readonly plan?: Pick<Vmdk4Plan, 'createType' | 'spansSectors'> & Partial<Vmdk4Plan>;
}

const sparse = { createType: 'monolithicSparse', spansSectors: [90_112] } as const;
const ways: Way[] = [
  { name: 'monolithicSparse', format: 'vmdk', plan: sparse },
  { name: 'monolithicSparse, odd size', format: 'vmdk', plan: { ...sparse, spansSectors: [90_001] } },
  { name: 'monolithicSparse, one directory', format: 'vmdk', plan: { ...sparse, isRedundant: false } },
  { name: 'monolithicSparse, grains of 8 KiB', format: 'vmdk', plan: { ...sparse, grainSectors: 16 } },
  { name: 'monolithicSparse, grains of 1 MiB', format: 'vmdk', plan: { ...sparse, grainSectors: 2048 } },
  { name: 'monolithicSparse, scattered', format: 'vmdk', plan: { ...sparse, placing: 'scattered' } },
  { name: 'monolithicSparse, zero grains', format: 'vmdk', plan: { ...sparse, zeroGrains: [3, 4, 600, 703] } },
  {
    name: 'twoGbMaxExtentSparse',
    format: 'vmdk',
    plan: { createType: 'twoGbMaxExtentSparse', spansSectors: [128 * 3, 128 * 600, 128 * 9 + 5] },
  },
  { name: 'monolithicFlat', format: 'flat', plan: { createType: 'monolithicFlat', spansSectors: [90_001] } },
  {
    name: 'twoGbMaxExtentFlat, CRLF',
    format: 'flat',
    plan: { createType: 'twoGbMaxExtentFlat', spansSectors: [1000, 60_000, 999], lineEnd: '\r\n' },
  },
  { name: 'streamOptimized', format: 'stream', plan: { createType: 'streamOptimized', spansSectors: [90_001] } },
  {
    name: 'streamOptimized, no footer',
    format: 'stream',
    plan: { createType: 'streamOptimized', spansSectors: [90_001], hasFooter: false },
  },
  { name: 'raw', format: 'raw' },
];

/** Writes a disk in one of the ways. Returns its files, the one that is named first. */
function write(way: Way, at: string, picture: Picture, random: SeededRandom): string[] {
  const strokes = strokesOver(picture.sizeBytes, [], random);
  paintAll(picture, strokes);
  if (way.plan !== undefined) return writeVmdk4({ file: `${at}.vmdk`, strokes, cid: 'deadbeef', random, ...way.plan });
  const [flat = ''] = writeVmdk4({
    file: `${at}.desc`,
    createType: 'monolithicFlat',
    spansSectors: [picture.sizeBytes / 512],
    strokes,
    cid: 'deadbeef',
    random,
  }).slice(1);
  copyFileSync(flat, `${at}.img`);
  return [`${at}.img`];
}

function sizeOf({ plan }: Way): number {
  return (plan?.spansSectors ?? [80_001]).reduce((sum, span) => sum + span, 0) * 512;
}

describe('disks of other formats: what the second implementation writes', () => {
  it.each(ways.map((way) => [way.name, way] as const))('%s', async (name, way) => {
    using folder = makeTempFolder();
    const random = new SeededRandom(name.length);
    const picture = new Picture(sizeOf(way));
    const files = write(way, folder.at('disk'), picture, random);
    const [file = ''] = files;
    const trust = ['--trust', folder.path];
    const untouched = fingerprint(files);
    expectReadable(file, picture);

    const info = await infoOf(program, file);
    expect(info).toMatchObject({ capacityBytes: picture.sizeBytes, links: [{ format: way.format, role: 'base' }] });
    const temporary = ['--mode', 'nonpersistent', '--redo-dir', folder.path, ...trust];
    await whileServed(program, folder, file, temporary, (disk) => expectServed(disk, picture, random));
    expect(fingerprint(files)).toBe(untouched);

    // Two logs over it; they are COWD, and know their parent by what lies beside it.
    let leaf = file;
    for (let level = 1; level <= 2; level++) {
      leaf = await whileServed(program, folder, leaf, ['--mode', 'undoable', ...trust], async (disk, redo) => {
        await scribble(disk, picture, [], random);
        await expectServed(disk, picture, random);
        return redo ?? '';
      });
      expectReadable(leaf, picture);
    }
    expect(fingerprint(files)).toBe(untouched);
    expect(sidecarIdentity(file)?.content).toMatch(/^[0-9a-f]{32}$/);
    expect((await infoOf(program, leaf)).links.map((link) => link.format)).toEqual(['cowd', 'cowd', way.format]);

    if (way.format === 'stream') return;
    // Both logs into their parents.
    await program.ok('disk', 'commit', leaf, ...trust);
    leaf = leaf.replace(/\.REDO$/, '');
    expectReadable(leaf, picture);
    await program.ok('disk', 'commit', leaf, ...trust);
    expect(existsSync(leaf)).toBe(false);
    expectReadable(file, picture);
    if (way.format === 'vmdk') expectSoundVmdk4(file);
    await whileServed(program, folder, file, ['--mode', 'persistent', ...trust], (disk) =>
      scribble(disk, picture, [], random),
    );
    expectReadable(file, picture);
    if (way.format === 'vmdk') expectSoundVmdk4(file);
  });

  it.each(ways.map((way) => [way.name, way] as const))('%s passes the check', async (name, way) => {
    using folder = makeTempFolder();
    const [file = ''] = write(way, folder.at('disk'), new Picture(sizeOf(way)), new SeededRandom(name.length));
    expect(await program.run(['disk', 'check', file])).toMatchObject({ status: 0, err: '' });
  });
});

describe('chains that other programs made, by descriptors', () => {
  it('VMDK 4 children, with zeros that hide what lies below', async () => {
    using folder = makeTempFolder();
    const random = new SeededRandom(3);
    const spansSectors = [90_112];
    const picture = new Picture(90_112 * 512);
    const file = folder.at('base.vmdk');
    let strokes = strokesOver(picture.sizeBytes, [], random);
    const files = writeVmdk4({ ...sparse, file, spansSectors, strokes, cid: '00000001', random });
    paintAll(picture, strokes);
    const zeroGrains = [5, 77, 500];
    for (const [level, createType] of (['monolithicSparse', 'twoGbMaxExtentSparse'] as const).entries()) {
      const below = openDisk(files.at(-1) ?? '');
      strokes = strokesOver(picture.sizeBytes, [], random, 10);
      for (const grain of zeroGrains) picture.paint(grain * 65_536, Buffer.alloc(65_536));
      const zeroed = { read: (offset: number, length: number) => picture.read(offset, length) };
      const [child = ''] = writeVmdk4({
        file: folder.at(`child-${String(level)}.vmdk`),
        createType,
        spansSectors,
        strokes,
        zeroGrains,
        cid: `0000000${String(level + 2)}`,
        parent: { hint: basename(below.path), cid: `0000000${String(level + 1)}`, below: zeroed },
        random,
      });
      below.close();
      files.push(child);
      paintAll(picture, strokes);
    }
    const leaf = files.at(-1) ?? '';
    expectReadable(leaf, picture);
    expect((await infoOf(program, leaf)).links).toHaveLength(3);
    const lower = fingerprint(files.slice(0, -1));
    await whileServed(program, folder, leaf, ['--mode', 'persistent'], async (disk) => {
      await expectServed(disk, picture, random);
      await scribble(disk, picture, [], random);
      await expectServed(disk, picture, random);
    });
    expectReadable(leaf, picture);
    expect(fingerprint(files.slice(0, -1))).toBe(lower);
    const redo = await whileServed(program, folder, leaf, ['--mode', 'undoable'], async (disk, log) => {
      await scribble(disk, picture, [], random);
      return log ?? '';
    });
    expectReadable(redo, picture);
  });

  it('COWD extents of version 1, a base and a child in two files each', async () => {
    using folder = makeTempFolder();
    const random = new SeededRandom(4);
    const spansSectors = [70_016, 20_000];
    const picture = new Picture(90_016 * 512);
    const common = {
      dialect: 'esx',
      spansSectors,
      tables: 'lazy',
      placing: 'packed',
      ending: 'clean',
      random,
    } as const;
    const describe = (name: string, files: readonly string[], parent?: { cid: string; hint: string }) => {
      const text = formatDescriptor({
        createType: 'vmfsSparse',
        cid: parent === undefined ? '0000000a' : '0000000b',
        ...(parent === undefined ? {} : { parentCid: parent.cid, parentFileNameHint: parent.hint }),
        extents: files.map((file, index) => `RW ${String(spansSectors[index])} VMFSSPARSE "${basename(file)}"`),
      });
      writeFileSync(folder.at(name), text);
    };
    let strokes = strokesOver(picture.sizeBytes, [70_016 * 512], random);
    describe('base.vmdk', writeCowd({ ...common, file: folder.at('base-delta.vmdk'), strokes, generation: 10 }));
    paintAll(picture, strokes);
    const below = openDisk(folder.at('base.vmdk'));
    strokes = strokesOver(picture.sizeBytes, [70_016 * 512], random);
    const parent = { storedName: 'base.vmdk', generation: 10, below };
    const files = writeCowd({ ...common, file: folder.at('child-delta.vmdk'), strokes, parent, generation: 11 });
    describe('child.vmdk', files, { cid: '0000000a', hint: 'base.vmdk' });
    below.close();
    paintAll(picture, strokes);
    expectReadable(folder.at('child.vmdk'), picture);
    const args = ['--mode', 'nonpersistent', '--redo-dir', folder.path];
    await whileServed(program, folder, folder.at('child.vmdk'), args, (disk) => expectServed(disk, picture, random));
  });
});
