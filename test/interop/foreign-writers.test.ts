import { execFile } from 'node:child_process';
import { closeSync, ftruncateSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandProcess } from '../support/command-process.ts';
import { fingerprintBelow } from '../support/fingerprint.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { makeTempFolder, type TempFolder } from '../support/temp-folder.ts';
import { hasTools } from '../support/tools.ts';
import { cidOf } from './independent/open-disk.ts';
import { Picture } from './independent/picture.ts';
import { paintAll, strokesOver } from './independent/strokes-over.ts';
import { expectReadable, expectServed, infoOf, scribble, whileServed } from './served-disks.ts';

const run = promisify(execFile);
const mib = 1024 * 1024;

let program: CommandProcess;
beforeAll(async () => {
  program = await CommandProcess.start();
});
afterAll(() => program.end());

/** A format of qemu-img. */
interface Foreign {
  readonly name: string;
  readonly format: string;
  readonly options?: string;
  readonly sizeBytes?: number;
  readonly isReadOnly?: boolean;
}

/** Everything that qemu-img offers for VMDK, and raw. */
const formats: Foreign[] = [
  { name: 'monolithicSparse', format: 'vmdk', options: 'subformat=monolithicSparse' },
  {
    name: 'monolithicSparse, odd size',
    format: 'vmdk',
    options: 'subformat=monolithicSparse',
    sizeBytes: 33 * mib + 512,
  },
  { name: 'monolithicSparse, zeroed grains', format: 'vmdk', options: 'subformat=monolithicSparse,zeroed_grain=on' },
  { name: 'monolithicSparse, SCSI', format: 'vmdk', options: 'subformat=monolithicSparse,adapter_type=lsilogic' },
  { name: 'monolithicSparse, of version 6', format: 'vmdk', options: 'subformat=monolithicSparse,compat6=on' },
  { name: 'monolithicSparse, large', format: 'vmdk', options: 'subformat=monolithicSparse', sizeBytes: 9000 * mib },
  { name: 'twoGbMaxExtentSparse', format: 'vmdk', options: 'subformat=twoGbMaxExtentSparse', sizeBytes: 5000 * mib },
  { name: 'monolithicFlat', format: 'vmdk', options: 'subformat=monolithicFlat' },
  { name: 'twoGbMaxExtentFlat', format: 'vmdk', options: 'subformat=twoGbMaxExtentFlat' },
  { name: 'streamOptimized', format: 'vmdk', options: 'subformat=streamOptimized', isReadOnly: true },
  { name: 'raw', format: 'raw' },
];

/** The picture as a plain file. */
function writePlain(path: string, picture: Picture): string {
  const fd = openSync(path, 'w');
  ftruncateSync(fd, picture.sizeBytes);
  for (const { startBytes, endBytes } of picture.painted()) {
    const bytes = picture.read(startBytes, endBytes - startBytes);
    writeSync(fd, bytes, 0, bytes.length, startBytes);
  }
  closeSync(fd);
  return path;
}

async function convert(plain: string, file: string, format: string, options: string | undefined): Promise<void> {
  const how = options === undefined ? [] : ['-o', options];
  await run('qemu-img', ['convert', '-f', 'raw', '-O', format, ...how, plain, file]);
}

/** Writes a CID of three digits where eight were. */
function shortenCid(file: string): void {
  const bytes = readFileSync(file);
  const isEmbedded = bytes.toString('latin1', 0, 4) === 'KDMV';
  const text = isEmbedded ? bytes.subarray(512, 21 * 512) : bytes;
  const shorter = text.toString('utf8').replace(/CID=[0-9a-f]+\n/, 'CID=abc\n');
  text.fill(0);
  text.write(shorter);
  writeFileSync(file, isEmbedded ? bytes : shorter);
}

async function expectSameForQemu(folder: TempFolder, format: string, file: string, picture: Picture): Promise<void> {
  await run('qemu-img', ['compare', '-f', format, '-F', 'raw', file, writePlain(folder.at('plain'), picture)]);
}

describe.skipIf(!hasTools('qemu-img'))('disks that qemu-img made', () => {
  it.each(formats.map((row) => [row.name, row] as const))(
    '%s',
    async (name, { format, options, sizeBytes = 40 * mib, isReadOnly = false }) => {
      using folder = makeTempFolder();
      using disks = makeTempFolder();
      const random = new SeededRandom(name.length * 31);
      const picture = new Picture(sizeBytes);
      paintAll(picture, strokesOver(sizeBytes, [], random));
      const file = disks.at(format === 'raw' ? 'disk.img' : 'disk.vmdk');
      const plain = writePlain(folder.at('plain'), picture);
      await convert(plain, file, format, options);
      const before = fingerprintBelow(disks.path);
      const trust = ['--trust', disks.path];

      expect((await infoOf(program, file)).capacityBytes).toBe(sizeBytes);
      expectReadable(file, picture);
      const temporary = ['--mode', 'nonpersistent', '--redo-dir', folder.path, ...trust];
      await whileServed(program, folder, file, temporary, (disk) => expectServed(disk, picture, random));
      expect(fingerprintBelow(disks.path)).toContain(before);

      const redo = await whileServed(program, folder, file, ['--mode', 'undoable', ...trust], async (disk, log) => {
        await scribble(disk, picture, [], random);
        return log ?? '';
      });
      expectReadable(redo, picture);
      if (isReadOnly) return;
      await program.ok('disk', 'commit', redo, ...trust);
      await expectSameForQemu(folder, format, file, picture);
      await whileServed(program, folder, file, ['--mode', 'persistent', ...trust], (disk) =>
        scribble(disk, picture, [], random),
      );
      await expectSameForQemu(folder, format, file, picture);
      expectReadable(file, picture);
      if (options?.includes('Sparse') === true) await run('qemu-img', ['check', '-f', 'vmdk', file]);
    },
    120_000,
  );

  it('a chain of VMDK 4, with zeroed grains', async () => {
    using folder = makeTempFolder();
    const random = new SeededRandom(12);
    const picture = new Picture(40 * mib);
    paintAll(picture, strokesOver(picture.sizeBytes, [], random));
    const base = folder.at('base.vmdk');
    await run('qemu-img', ['convert', '-O', 'vmdk', '-f', 'raw', writePlain(folder.at('plain'), picture), base]);
    let leaf = base;
    for (const level of [1, 2]) {
      const child = folder.at(`child-${String(level)}.vmdk`);
      await run('qemu-img', ['create', '-f', 'vmdk', '-o', 'zeroed_grain=on', '-b', leaf, '-F', 'vmdk', child]);
      const lines = [`write -P ${String(level)} ${String(level)}M 3M`, 'write -z 8M 1M', 'write -P 9 12345k 512'];
      await run('qemu-io', ['-f', 'vmdk', ...lines.flatMap((line) => ['-c', line]), child]);
      picture.paint(level * mib, Buffer.alloc(3 * mib, level));
      picture.paint(8 * mib, Buffer.alloc(mib));
      picture.paint(12_345 * 1024, Buffer.alloc(512, 9));
      leaf = child;
    }
    expectReadable(leaf, picture);
    expect((await infoOf(program, leaf)).links).toHaveLength(3);
    await whileServed(program, folder, leaf, ['--mode', 'persistent'], async (disk) => {
      await expectServed(disk, picture, random);
      await scribble(disk, picture, [], random);
    });
    expectReadable(leaf, picture);
    await expectSameForQemu(folder, 'vmdk', leaf, picture);
    await run('qemu-img', ['check', '-f', 'vmdk', leaf]);
  });

  /** A log over one of those, read by qemu-img through descriptors. */
  async function expectDescribed({ name, format, options }: Foreign): Promise<void> {
    using folder = makeTempFolder();
    const random = new SeededRandom(name.length * 37);
    const picture = new Picture(40 * mib);
    paintAll(picture, strokesOver(picture.sizeBytes, [], random));
    const file = folder.at(format === 'raw' ? 'disk.img' : 'disk.vmdk');
    await convert(writePlain(folder.at('plain'), picture), file, format, options);
    const trust = ['--trust', folder.path];
    const redo = await whileServed(program, folder, file, ['--mode', 'undoable', ...trust], async (disk, log) => {
      await scribble(disk, picture, [], random);
      return log ?? '';
    });
    const described = await program.ok('disk', 'describe', redo, '--out', folder.at('descriptors'), ...trust);
    await expectSameForQemu(folder, 'vmdk', described.split('\n')[0] ?? '', picture);
  }

  it.each(formats.map((row) => [row.name, row] as const))('a log over %s is read by qemu-img', (_name, row) =>
    expectDescribed(row),
  );

  it.each(['monolithicSparse', 'twoGbMaxExtentSparse'])('%s with a short CID is written to', async (subformat) => {
    using folder = makeTempFolder();
    const file = folder.at('disk.vmdk');
    await run('qemu-img', ['create', '-f', 'vmdk', '-o', `subformat=${subformat}`, file, '40M']);
    shortenCid(file);
    const picture = new Picture(40 * mib);
    await whileServed(program, folder, file, ['--mode', 'persistent'], (disk) =>
      scribble(disk, picture, [], new SeededRandom(1)),
    );
    expectReadable(file, picture);
    await expectSameForQemu(folder, 'vmdk', file, picture);
    expect(cidOf(file)).toHaveLength(8);
  });
});
