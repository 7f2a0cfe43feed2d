import { execFile } from 'node:child_process';
import { closeSync, ftruncateSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../support/seeded-random.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';
import { hasTools } from '../../support/tools.ts';
import { firstDifference } from './compare.ts';
import { cowdDialects, type CowdDialectName } from './cowd-layout.ts';
import { writeCowd, type CowdPlan } from './cowd-writer.ts';
import { formatDescriptor } from './descriptor.ts';
import { openDisk } from './open-disk.ts';
import { Picture } from './picture.ts';
import { paintAll, strokesOver } from './strokes-over.ts';
import { writeVmdk4, type Vmdk4Plan } from './vmdk4-writer.ts';

const run = promisify(execFile);

const dialects = Object.keys(cowdDialects) as CowdDialectName[];
const grains128 = [128, 128 * 700, 128 * 3];

/** The picture as a plain file, for programs that compare. */
function writePlain(path: string, picture: Picture): void {
  const fd = openSync(path, 'wx');
  ftruncateSync(fd, picture.sizeBytes);
  for (const { startBytes, endBytes } of picture.painted()) {
    const bytes = picture.read(startBytes, endBytes - startBytes);
    writeSync(fd, bytes, 0, bytes.length, startBytes);
  }
  closeSync(fd);
}

describe('the second implementation reads what it writes', () => {
  const ways = dialects.flatMap((dialect) =>
    (['preallocated', 'lazy'] as const).flatMap((tables) =>
      (['aligned', 'packed', 'scattered'] as const).map((placing) => ({ dialect, tables, placing })),
    ),
  );

  it.each(ways)('COWD, $dialect, tables $tables, grains $placing', ({ dialect, tables, placing }) => {
    using folder = makeTempFolder();
    const random = new SeededRandom(ways.findIndex((way) => way.dialect === dialect && way.placing === placing));
    const isSplit = cowdDialects[dialect].version === 3;
    const spansSectors = isSplit ? [70_016, 66_048, 8_192 + 34] : [131_072 + 20];
    const sizeBytes = spansSectors.reduce((sum, span) => sum + span, 0) * 512;
    const seams = isSplit ? [70_016 * 512, 136_064 * 512] : [];
    const picture = new Picture(sizeBytes);
    const common = { dialect, tables, placing, spansSectors, ending: 'clean', random } satisfies Partial<CowdPlan>;

    let file = folder.at('disk.vmdk');
    let strokes = strokesOver(sizeBytes, seams, random);
    writeCowd({ ...common, file, strokes, generation: 1000 });
    paintAll(picture, strokes);
    for (let level = 1; level <= 3; level++) {
      const parent = openDisk(file);
      strokes = strokesOver(sizeBytes, seams, random);
      writeCowd({
        ...common,
        file: `${file}.REDO`,
        strokes,
        parent: { storedName: basename(file), generation: 999 + level, below: parent },
        generation: 1000 + level,
      });
      parent.close();
      file += '.REDO';
      paintAll(picture, strokes);
    }
    const leaf = openDisk(file);
    expect(firstDifference(leaf, picture)).toBeUndefined();
    leaf.close();
  });
});

const vmdkWays: { name: string; plan: Pick<Vmdk4Plan, 'createType' | 'spansSectors'> & Partial<Vmdk4Plan> }[] = [
  { name: 'monolithicSparse', plan: { createType: 'monolithicSparse', spansSectors: [90_000] } },
  { name: 'one directory', plan: { createType: 'monolithicSparse', spansSectors: [90_000], isRedundant: false } },
  { name: 'small grains', plan: { createType: 'monolithicSparse', spansSectors: [90_000], grainSectors: 16 } },
  { name: 'scattered', plan: { createType: 'monolithicSparse', spansSectors: [90_000], placing: 'scattered' } },
  { name: 'zero grains', plan: { createType: 'monolithicSparse', spansSectors: [90_112], zeroGrains: [3, 4, 600] } },
  { name: 'twoGbMaxExtentSparse', plan: { createType: 'twoGbMaxExtentSparse', spansSectors: grains128 } },
  { name: 'monolithicFlat', plan: { createType: 'monolithicFlat', spansSectors: [90_000] } },
  { name: 'twoGbMaxExtentFlat', plan: { createType: 'twoGbMaxExtentFlat', spansSectors: [1000, 60_000, 999] } },
  { name: 'CRLF', plan: { createType: 'twoGbMaxExtentFlat', spansSectors: [1000, 60_000], lineEnd: '\r\n' } },
  { name: 'stream', plan: { createType: 'streamOptimized', spansSectors: [90_000], hasFooter: true } },
  { name: 'stream, no footer', plan: { createType: 'streamOptimized', spansSectors: [90_000], hasFooter: false } },
];

describe.skipIf(!hasTools('qemu-img'))('qemu-img agrees with the second implementation', () => {
  it.each(vmdkWays.map((way) => [way.name, way] as const))('VMDK, %s', async (_name, { name, plan }) => {
    using folder = makeTempFolder();
    const random = new SeededRandom(name.length);
    const sizeBytes = plan.spansSectors.reduce((sum, span) => sum + span, 0) * 512;
    const picture = new Picture(sizeBytes);
    const strokes = strokesOver(sizeBytes, [], random);
    const file = folder.at('disk.vmdk');
    writeVmdk4({ file, strokes, cid: '12345678', random, ...plan });
    paintAll(picture, strokes);
    const disk = openDisk(file);
    expect(firstDifference(disk, picture)).toBeUndefined();
    disk.close();
    writePlain(folder.at('plain'), picture);
    await run('qemu-img', ['compare', '-f', 'vmdk', '-F', 'raw', file, folder.at('plain')]);
  });

  it('COWD, a redo log over a base, through descriptors', async () => {
    using folder = makeTempFolder();
    const random = new SeededRandom(5);
    const spansSectors = [70_016, 66_048];
    const sizeBytes = 136_064 * 512;
    const picture = new Picture(sizeBytes);
    const common = { dialect: 'hybrid', tables: 'preallocated', spansSectors, ending: 'clean', random } as const;
    const describe = (
      name: string,
      cid: string,
      parent: { cid: string; hint: string } | undefined,
      files: string[],
    ) => {
      const text = formatDescriptor({
        createType: 'vmfsSparse',
        cid,
        ...(parent === undefined ? {} : { parentCid: parent.cid, parentFileNameHint: parent.hint }),
        extents: files.map((file, index) => `RW ${String(spansSectors[index])} VMFSSPARSE "${basename(file)}"`),
      });
      writeFileSync(folder.at(name), text);
    };
    const base = folder.at('disk.vmdk');
    let strokes = strokesOver(sizeBytes, [70_016 * 512], random);
    describe(
      'base.desc',
      '00000001',
      undefined,
      writeCowd({ ...common, placing: 'packed', file: base, strokes, generation: 1 }),
    );
    paintAll(picture, strokes);
    const below = openDisk(base);
    strokes = strokesOver(sizeBytes, [70_016 * 512], random);
    const parent = { storedName: 'disk.vmdk', generation: 1, below };
    const log = writeCowd({ ...common, placing: 'scattered', file: `${base}.REDO`, strokes, parent, generation: 2 });
    below.close();
    describe('redo.desc', '00000002', { cid: '00000001', hint: 'base.desc' }, log);
    paintAll(picture, strokes);
    writePlain(folder.at('plain'), picture);
    await run('qemu-img', ['compare', '-f', 'vmdk', '-F', 'raw', folder.at('redo.desc'), folder.at('plain')]);
    const disk = openDisk(folder.at('redo.desc'));
    expect(firstDifference(disk, picture)).toBeUndefined();
    disk.close();
  });
});
