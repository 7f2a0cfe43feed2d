import { closeSync, copyFileSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { RedoubtError } from '../../../../core/base/redoubt-error.ts';
import { GIB, MIB } from '../../../../core/base/units.ts';
import { Chain } from '../../../../core/disk/chain/chain.ts';
import { Link } from '../../../../core/disk/chain/link.ts';
import { createBase, planBaseFiles } from '../../../../core/disk/create/create-base.ts';
import { decodeVmdk4Header, encodeVmdk4Header } from '../../../../core/disk/formats/vmdk4/header.ts';
import { fullDirectory, layOutVmdk4 } from '../../../../core/disk/formats/vmdk4/layout.ts';
import { identifyFile } from '../../../../core/disk/describe/identify.ts';
import { inspectChain } from '../../../../core/disk/describe/inspect.ts';
import { SessionDevice } from '../../../../core/disk/session/session-device.ts';
import { inSession, read, write } from '../../../support/disk-kit.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';
import { makeStream } from '../../../support/stream-disk.ts';
import { makeTempFolder } from '../../../support/temp-folder.ts';

function failure(act: () => unknown): RedoubtError {
  try {
    act();
  } catch (error) {
    if (error instanceof RedoubtError) return error as RedoubtError;
    throw error;
  }
  throw new Error('nothing was refused');
}

/** Changes bytes of a file in place. */
function patch(file: string, offset: number, bytes: Uint8Array): void {
  const fd = openSync(file, 'r+');
  writeSync(fd, bytes, 0, bytes.length, offset);
  closeSync(fd);
}

function u32(...values: number[]): Buffer {
  return Buffer.from(new Uint32Array(values).buffer);
}

async function makeDisk(folder: { at(name: string): string }, capacityBytes = 40 * MIB): Promise<string> {
  const file = folder.at('disk.vmdk');
  await createBase({ file, capacityBytes, split: false, bus: 'ide', format: 'vmdk' });
  return file;
}

async function readAll(file: string): Promise<Uint8Array> {
  const link = Link.open({ files: [file], isWritable: false });
  const device = new SessionDevice(new Chain([link]));
  try {
    return await read(device, 0, device.sizeBytes);
  } finally {
    await device.close();
  }
}

describe('hosted sparse files', () => {
  it('[X1] are laid out as VMware and qemu-img do', () => {
    expect(layOutVmdk4((3 * MIB) / 512, true)).toMatchObject({
      descriptorSector: 1,
      redundantDirectorySector: 21,
      directorySector: 26,
      overheadSectors: 128,
    });
    expect(layOutVmdk4(20_480, false)).toMatchObject({ redundantDirectorySector: 1, directorySector: 6 });
    expect([...fullDirectory(26, 1)]).toEqual([27]);
  });

  it('[X1] of a split disk stay below 2 GiB, and a disk that fits in one is one', () => {
    const plan = (capacityBytes: number, split: boolean) =>
      planBaseFiles({ file: '/d/disk.vmdk', capacityBytes, split, bus: 'ide', format: 'vmdk' });
    expect(plan(2047 * MIB, true)).toEqual({ files: ['/d/disk.vmdk'], spansBytes: [2047 * MIB] });
    expect(plan(5 * GIB, true).files).toEqual([
      '/d/disk.vmdk',
      '/d/disk-s001.vmdk',
      '/d/disk-s002.vmdk',
      '/d/disk-s003.vmdk',
    ]);
    expect(layOutVmdk4(4_192_256, true).fullSectors * 512).toBeLessThan(2 ** 31);
    expect(plan(3000 * GIB, false).files).toHaveLength(1);
    expect(failure(() => plan(65 * 1024 * GIB, false)).code).toBe('disk.bad-size');
  });

  it('have a header that is read as it was written', () => {
    const header = {
      version: 1,
      capacitySectors: 81_920,
      grainSectors: 128,
      descriptorSector: 1,
      descriptorSectors: 20,
      entriesPerTable: 512,
      directorySector: 26,
      redundantDirectorySector: 21,
      overheadSectors: 128,
      isClean: false,
      hasZeroedGrains: true,
      isCompressed: false,
      hasMarkers: false,
    } as const;
    expect(decodeVmdk4Header(encodeVmdk4Header(header), '/d', 10 * MIB)).toEqual(header);
  });

  it.each([
    ['version', 4, u32(4), 'disk.unsupported', undefined],
    ['version 0', 4, u32(0), 'disk.unsupported', undefined],
    ['an unknown flag', 8, u32(0x13), 'disk.unsupported', undefined],
    ['no capacity', 12, u32(0, 0), 'disk.corrupt', 'capacity'],
    ['a capacity past exact numbers', 12, u32(0, 0x8000_0000), 'disk.corrupt', 'capacity'],
    ['more tables than memory', 12, u32(0, 0x100), 'disk.unsupported', undefined],
    ['a grain of 0', 20, u32(0), 'disk.corrupt', 'grainSize'],
    ['a grain of 100', 20, u32(100), 'disk.corrupt', 'grainSize'],
    ['a grain of 2^31', 20, u32(0x8000_0000), 'disk.corrupt', 'grainSize'],
    ['a descriptor past the end', 28, u32(0xffff_ff00), 'disk.corrupt', 'descriptorOffset'],
    ['a descriptor without end', 36, u32(0xffff_ff00), 'disk.corrupt', 'descriptorOffset'],
    ['tables of 0 entries', 44, u32(0), 'disk.corrupt', 'numGTEsPerGT'],
    ['tables of 513 entries', 44, u32(513), 'disk.corrupt', 'numGTEsPerGT'],
    ['tables of 2^31 entries', 44, u32(0x8000_0000), 'disk.corrupt', 'numGTEsPerGT'],
    ['a redundant directory past the end', 48, u32(0x7fff_ffff), 'disk.corrupt', 'rgdOffset'],
    ['no directory', 56, u32(0, 0), 'disk.corrupt', 'gdOffset'],
    ['a directory past the end', 56, u32(0, 1), 'disk.corrupt', 'gdOffset'],
    ['a footer that does not go with it', 56, u32(0xffff_ffff, 0xffff_ffff), 'disk.unsupported', undefined],
    ['a length that was cut', 64, u32(0x7fff_ffff), 'disk.corrupt', 'overHead'],
    ['line ends that were changed', 73, Buffer.from('\n \n\n'), 'disk.corrupt', 'newline test'],
    ['an unknown compression', 77, Buffer.from([2, 0]), 'disk.unsupported', undefined],
  ])('[B1] with %s are refused, and the field is named', async (what, offset, bytes, code, field) => {
    using folder = makeTempFolder();
    const file = await makeDisk(folder);
    patch(file, offset, bytes);
    for (const act of [() => inspectChain(file), () => Promise.resolve().then(() => identifyFile(file))]) {
      const result = await act().catch((error: unknown) => error);
      if (result instanceof RedoubtError) {
        expect(result.code).toBe(code);
        expect(result.details).toMatchObject({ file, ...(field === undefined ? {} : { field }) });
      } else {
        // Without a capacity it holds a descriptor for other files, which is seen when they are opened.
        expect(result).toMatchObject({ kind: what === 'no capacity' ? 'base' : 'not-a-disk' });
      }
    }
  });

  it('[X2] write both tables, and the second is read where the first is damaged', async () => {
    using folder = makeTempFolder();
    const file = await makeDisk(folder);
    await inSession({ file, mode: 'persistent' }, async (device) => {
      await write(device, 100_000, 5, 300_000);
      await write(device, 35 * MIB, 6, 70_000);
    });
    const good = await readAll(file);
    const bytes = readFileSync(file);
    const [second, first] = [bytes.readUInt32LE(48) * 512, bytes.readUInt32LE(56) * 512];
    const tables = 512 * (1 + 2 * 4);
    // A directory's first sector names other tables; all behind it is the same.
    expect(bytes.subarray(first + 512, first + tables).equals(bytes.subarray(second + 512, second + tables))).toBe(
      true,
    );
    for (const [offset, value] of [
      [first, 0xffff_ff00],
      [first + 4, 1_000_000],
      [first + 512 + 4, 0xffff_ff00],
      [first + 512 + 8, 3],
    ] as const) {
      copyFileSync(file, folder.at('bad.vmdk'));
      patch(folder.at('bad.vmdk'), offset, u32(value));
      expect(Buffer.compare(await readAll(folder.at('bad.vmdk')), good)).toBe(0);
      // What is written over damage can't be mended any more.
      const written = inSession({ file: folder.at('bad.vmdk'), mode: 'persistent' }, (device) =>
        write(device, 0, 1, MIB),
      );
      await expect(written).rejects.toMatchObject({ code: 'disk.corrupt' });
      patch(folder.at('bad.vmdk'), second, u32(0xffff_ff00));
    }
  });

  it('[X2] get tables where a foreign writer left them out', async () => {
    using folder = makeTempFolder();
    const file = await makeDisk(folder);
    const bytes = readFileSync(file);
    for (const at of [48, 56]) patch(file, bytes.readUInt32LE(at) * 512 + 4, u32(0));
    await inSession({ file, mode: 'persistent' }, async (device) => {
      await write(device, 34 * MIB, 7, 100_000);
    });
    const after = readFileSync(file);
    const entries = [48, 56].map((at) => after.readUInt32LE(after.readUInt32LE(at) * 512 + 4));
    expect(new Set(entries).size).toBe(2);
    expect(Math.min(...entries)).toBeGreaterThan(0);
    expect((await readAll(file)).subarray(34 * MIB, 34 * MIB + 100_000).every((byte) => byte === 7)).toBe(true);
    const [one = 0, two = 0] = entries;
    expect(after.subarray(one * 512, one * 512 + 2048).equals(after.subarray(two * 512, two * 512 + 2048))).toBe(true);
  });

  it('[X3] say while they are written that they are', async () => {
    using folder = makeTempFolder();
    const file = await makeDisk(folder);
    const isMarked = () => readFileSync(file)[72] === 1;
    await inSession({ file, mode: 'persistent' }, async (device) => {
      expect(isMarked()).toBe(false);
      await write(device, 0, 1);
      expect(isMarked()).toBe(true);
      await device.flush();
      expect(isMarked()).toBe(true);
    });
    expect(isMarked()).toBe(false);
    patch(file, 72, Buffer.from([1]));
    expect((await inspectChain(file)).links[0]?.state).toBe('unclean');
    await inSession({ file, mode: 'persistent' }, (device) => write(device, 0, 2));
    expect((await inspectChain(file)).links[0]?.state).toBe('clean');
  });

  it('[X3] of version 3 are only read', async () => {
    using folder = makeTempFolder();
    const file = await makeDisk(folder);
    patch(file, 4, u32(3));
    await readAll(file);
    const written = inSession({ file, mode: 'persistent' }, () => undefined);
    await expect(written).rejects.toMatchObject({ code: 'disk.unsupported', details: { file } });
  });

  it('[N5] that are picked as parts name the descriptor', async () => {
    using folder = makeTempFolder();
    const file = folder.at('disk.vmdk');
    await createBase({ file, capacityBytes: 5 * GIB, split: true, bus: 'ide', format: 'vmdk' });
    const part = folder.at('disk-s002.vmdk');
    expect(identifyFile(part)).toMatchObject({ kind: 'segment', part: 2, segmentCount: 3, first: file });
    await expect(inspectChain(part)).rejects.toMatchObject({
      code: 'disk.segment-picked',
      details: { file: part, part: 2, first: file },
    });
  });
});

describe('plain data', () => {
  it('[N5] that a descriptor lists is a part of that disk; else it is raw, if somebody approves', async () => {
    using folder = makeTempFolder();
    const [file, data] = [folder.at('disk.vmdk'), folder.at('disk-flat.vmdk')];
    writeFileSync(data, Buffer.alloc(MIB, 7));
    expect(identifyFile(data).kind).toBe('not-a-disk');
    expect((await inspectChain(data)).links[0]?.format).toBe('raw');
    const text = '# Disk DescriptorFile\nCID=1234abcd\ncreateType="monolithicFlat"\nRW 2048 FLAT "disk-flat.vmdk" 0\n';
    writeFileSync(file, text);
    expect(identifyFile(data)).toMatchObject({ kind: 'segment', part: 1, first: file });
    await expect(inspectChain(data)).rejects.toMatchObject({ code: 'disk.segment-picked', details: { first: file } });
    expect((await inspectChain(file)).links[0]?.format).toBe('flat');
  });

  it('[X8] is not raw if it begins as the format of another program, or has no whole sectors', async () => {
    using folder = makeTempFolder();
    const file = folder.at('data');
    for (const mark of ['QFI\xfb', 'vhdxfile', 'conectix', 'WithoutFreeSpace']) {
      const bytes = Buffer.alloc(MIB);
      bytes.write(mark, 'latin1');
      writeFileSync(file, bytes);
      await expect(inspectChain(file)).rejects.toMatchObject({ code: 'disk.unsupported', details: { file } });
    }
    for (const length of [0, 100, 1025]) {
      writeFileSync(file, Buffer.alloc(length));
      await expect(inspectChain(file)).rejects.toMatchObject({ code: 'disk.not-a-disk', details: { file } });
    }
  });

  it('[B1] that is shorter than its descriptor says is refused, and so is a part that is missing', async () => {
    using folder = makeTempFolder();
    const [file, data] = [folder.at('disk.vmdk'), folder.at('disk-flat.vmdk')];
    const text = '# Disk DescriptorFile\nCID=1234abcd\ncreateType="monolithicFlat"\nRW 2048 FLAT "disk-flat.vmdk" 9\n';
    writeFileSync(file, text);
    await expect(inspectChain(file)).rejects.toMatchObject({
      code: 'disk.segment-missing',
      details: { file, part: 1, expected: data },
    });
    writeFileSync(data, Buffer.alloc(MIB, 7));
    await expect(inspectChain(file)).rejects.toMatchObject({
      code: 'disk.corrupt',
      details: { file: data, field: 'length' },
    });
  });
});

describe('compressed files', () => {
  const content = Buffer.alloc(2 * MIB + 512 * 5);
  const random = new SeededRandom(9);
  for (let at = 0; at < content.length; at += 1 + random.below(3000)) content[at] = random.below(256);
  content.fill(0, 300_000, 700_000);

  it.each([
    ['with a footer', {}],
    ['without', { hasFooter: false }],
    ['with small grains', { grainSectors: 16 }],
    ['with a whole last grain', { isLastShort: false }],
  ])('[X4] are read: %s', async (_what, options) => {
    using folder = makeTempFolder();
    const file = folder.at('stream.vmdk');
    writeFileSync(file, makeStream(content, options));
    expect(Buffer.compare(await readAll(file), content)).toBe(0);
    expect((await inspectChain(file)).links[0]).toMatchObject({ format: 'stream', dialect: 'streamOptimized' });
  });

  it('[X4] are never written', async () => {
    using folder = makeTempFolder();
    const file = folder.at('stream.vmdk');
    writeFileSync(file, makeStream(content));
    const written = inSession({ file, mode: 'persistent' }, () => undefined);
    await expect(written).rejects.toMatchObject({ code: 'disk.unsupported', details: { file } });
  });

  it.each([
    ['another place on the disk', 0, u32(128)],
    ['a marker in place of a grain', 8, u32(0)],
    ['more data than a grain can have', 8, u32(0x7fff_ffff)],
    ['data past the end of the file', 8, u32(130_000)],
    ['data that is not deflated', 12, Buffer.from('nonsense')],
  ])('[B1] with %s are refused', async (_what, offset, bytes) => {
    using folder = makeTempFolder();
    const file = folder.at('stream.vmdk');
    writeFileSync(file, makeStream(content.subarray(0, 65_536)));
    patch(file, 128 * 512 + offset, bytes);
    await expect(readAll(file)).rejects.toMatchObject({ code: 'disk.corrupt', details: { file } });
  });

  it('[B1] inflate to no more than a grain', async () => {
    using folder = makeTempFolder();
    const file = folder.at('stream.vmdk');
    const bomb = makeStream(Buffer.alloc(32 * MIB, 1), { grainSectors: 16_384 });
    // The same record, in a file that has small grains.
    bomb.writeUInt32LE(8, 20);
    bomb.writeUInt32LE(8, bomb.length - 1024 + 20);
    writeFileSync(file, bomb);
    await expect(readAll(file)).rejects.toMatchObject({ code: 'disk.corrupt' });
  });

  it('[B1] that were cut off have no footer', async () => {
    using folder = makeTempFolder();
    const file = folder.at('stream.vmdk');
    writeFileSync(file, makeStream(content).subarray(0, -2048));
    await expect(readAll(file)).rejects.toMatchObject({ code: 'disk.corrupt', details: { field: 'footer' } });
  });
});

describe('damaged files of these formats', () => {
  const rounds = Number(process.env['REDOUBT_DAMAGE_ROUNDS'] ?? 60);

  it(`[B1] are refused with a code, or work: ${String(rounds)} of each`, { timeout: 120_000 }, async () => {
    using folder = makeTempFolder();
    const disk = await makeDisk(folder, 34 * MIB);
    await inSession({ file: disk, mode: 'persistent' }, async (device) => {
      await write(device, 65_536, 3, 200_000);
      await write(device, 33 * MIB, 4, 100_000);
    });
    const stream = folder.at('stream.vmdk');
    writeFileSync(stream, makeStream(Buffer.alloc(3 * MIB, 7), { grainSectors: 32 }));
    const bad = folder.at('bad.vmdk');
    const random = new SeededRandom(11);
    const values = [0, 1, 2, 3, 7, 8, 128, 512, 65_535, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff];
    for (const good of [disk, stream]) {
      const length = readFileSync(good).length;
      for (let round = 0; round < rounds; round++) {
        copyFileSync(good, bad);
        const done: string[] = [];
        for (let change = random.below(3); change >= 0; change--) {
          const places = [
            random.below(79),
            512 + random.below(400),
            random.below(70_000),
            length - 1 - random.below(4096),
          ];
          const offset = Math.min(random.pick(places), length - 4);
          const bytes = random.below(2) === 0 ? u32(random.pick(values)) : Buffer.from([random.below(256)]);
          patch(bad, offset, bytes);
          done.push(`${String(offset)}: ${bytes.toString('hex')}`);
        }
        const acts = [
          () => identifyFile(bad),
          () => inspectChain(bad),
          () => readAll(bad),
          () =>
            inSession({ file: bad, mode: 'persistent' }, async (device) => {
              await write(device, 100, 9, Math.min(150_000, device.sizeBytes - 100));
              await device.flush();
            }),
          () => readAll(bad),
        ];
        for (const [number, act] of acts.entries()) {
          try {
            await act();
          } catch (error) {
            const code = error instanceof RedoubtError ? String(error.code) : `raw ${String((error as Error).stack)}`;
            expect(code, `${good} ${done.join(', ')}; act ${String(number)}`).toMatch(/^disk\./);
          }
        }
      }
    }
  });
});
