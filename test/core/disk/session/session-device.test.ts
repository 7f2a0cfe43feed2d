import { describe, expect, it } from 'vitest';
import { MIB } from '../../../../core/base/units.ts';
import { RedoubtError } from '../../../../core/base/redoubt-error.ts';
import { Link } from '../../../../core/disk/chain/link.ts';
import type { DiskFile, FileLayer } from '../../../../core/disk/files/disk-file.ts';
import { CrashingFiles } from '../../../support/crashing-files.ts';
import { makeTempFolder } from '../../../support/temp-folder.ts';
import { makeLink, openDevice, type TestDisk } from '../../../support/test-chain.ts';

interface Traffic {
  readonly layer: FileLayer;
  readonly reads: { offsetBytes: number; target: Uint8Array }[];
  readonly writes: (readonly Uint8Array[])[];
}

/** Files in memory whose traffic is noted. */
function watched(files: CrashingFiles): Traffic {
  const reads: Traffic['reads'] = [];
  const writes: Traffic['writes'] = [];
  const watch = (file: DiskFile): DiskFile => ({
    ...file,
    read: (offsetBytes, target) => {
      reads.push({ offsetBytes, target });
      return file.read(offsetBytes, target);
    },
    write: (offsetBytes, chunks) => {
      writes.push(chunks);
      file.write(offsetBytes, chunks);
    },
  });
  return {
    reads,
    writes,
    layer: {
      open: (path, isWritable) => watch(files.open(path, isWritable)),
      create: (path) => files.create(path),
      rename: (from, to) => {
        files.rename(from, to);
      },
      remove: (path) => {
        files.remove(path);
      },
      syncDirectory: () => {
        files.syncDirectory();
      },
    },
  };
}

async function makeChain(files: CrashingFiles, depth: number): Promise<TestDisk[]> {
  let disks: TestDisk[] = [];
  for (let level = 0; level < depth; level++) {
    const [parent] = disks;
    disks = [
      makeLink(files, `depth${String(depth)}-${String(level)}`, [8192], {
        layer: files,
        grainSectors: 8,
        ...(parent === undefined ? {} : { parent }),
      }),
      ...disks,
    ];
    const device = openDevice(disks, { layer: files });
    for (let at = level * 4096; at < MIB; at += depth * 4096)
      await device.write(at, [new Uint8Array(4096).fill(level + 1)]);
    await device.close();
  }
  return disks;
}

describe('a session device', () => {
  it.each([1, 3, 16])(
    '[W2] reads a known place with one call, straight into the target, at depth %i',
    async (depth) => {
      const files = new CrashingFiles();
      const disks = await makeChain(files, depth);
      const { layer, reads } = watched(files);
      const device = openDevice(disks, { layer, isWritable: false });
      const target = new Uint8Array(4096);
      await device.read(0, target);
      for (let at = 0; at < MIB; at += 4096) {
        reads.length = 0;
        expect(device.read(at, target)).toBeUndefined();
        expect(reads).toHaveLength(1);
        expect(reads[0]?.target).toBe(target);
        expect(target[17]).toBe(1 + ((at / 4096) % depth));
      }
      await device.close();
    },
  );

  it('joins neighbours and reads nothing where nobody has anything', async () => {
    const files = new CrashingFiles();
    const [disk] = (await makeChain(files, 1)) as [TestDisk];
    const { layer, reads } = watched(files);
    const device = openDevice([disk], { layer, isWritable: false });
    await device.read(0, new Uint8Array(1));
    reads.length = 0;
    const target = new Uint8Array(2 * MIB).fill(9);
    await device.read(0, target);
    expect(reads.map((read) => read.target.length)).toEqual([MIB]);
    expect([target[MIB - 1], target[MIB], target[2 * MIB - 1]]).toEqual([1, 0, 0]);
    await device.close();
  });

  it('writes the chunks that it was given, neither joined nor copied', async () => {
    const files = new CrashingFiles();
    const disk = makeLink(files, 'base', [8192], { layer: files });
    const { layer, writes } = watched(files);
    const device = openDevice([disk], { layer });
    await device.write(0, [new Uint8Array(8192).fill(1)]);
    const chunks = [3000, 5000, 192].map((length) => new Uint8Array(length).fill(2));
    for (const at of [0, 65536]) {
      writes.length = 0;
      await device.write(at, chunks);
      expect(writes).toHaveLength(1);
      expect(writes[0]).toBe(chunks);
    }
    await device.close();
  });

  it('[W3] takes nothing for zeros where nobody has anything, and a grain where somebody has', async () => {
    const files = new CrashingFiles();
    const disks = await makeChain(files, 2);
    const redo = makeLink(files, 'redo', [8192], { layer: files, grainSectors: 8, parent: disks[0] as TestDisk });
    const device = openDevice([redo, ...disks], { layer: files });
    await device.writeZeroes(2 * MIB, MIB);
    await device.write(2 * MIB, [new Uint8Array(65536)]);
    expect(device.leaf.isEmpty()).toBe(true);
    await device.writeZeroes(8192, 4096);
    await device.write(16384, [new Uint8Array(4096)]);
    expect(device.leaf.allocatedBytes()).toBe(8192);
    const target = new Uint8Array(4096).fill(9);
    for (const at of [8192, 16384]) {
      await device.read(at, target);
      expect(target.every((byte) => byte === 0)).toBe(true);
    }
    await device.close();
  });

  it('[W4] serves others between the slices of a large zero write, and in order what touches it', async () => {
    using folder = makeTempFolder();
    const base = makeLink(folder, 'base', [131072]);
    const device = openDevice([base], { isDurable: false });
    await device.write(0, [new Uint8Array(48 * MIB).fill(1)]);
    await device.write(60 * MIB, [new Uint8Array(4096).fill(3)]);
    const ended: string[] = [];
    const zeroed = device.writeZeroes(0, 48 * MIB)?.then(() => ended.push('zeroes'));
    const after = device.write(47 * MIB, [new Uint8Array(4096).fill(2)]);
    expect(after).toBeInstanceOf(Promise);
    const written = after?.then(() => ended.push('write'));
    const target = new Uint8Array(4096);
    const read = device.read(47 * MIB, target)?.then(() => ended.push('read'));
    const elsewhere = new Uint8Array(4096);
    expect(device.read(60 * MIB, elsewhere)).toBeUndefined();
    expect(elsewhere[0]).toBe(3);
    await Promise.all([zeroed, written, read]);
    expect(ended).toEqual(['zeroes', 'write', 'read']);
    expect(target[0]).toBe(2);
    await device.close();
  });

  it('goes on over another leaf and hands the old one back', async () => {
    const files = new CrashingFiles();
    const base = makeLink(files, 'base', [1024], { layer: files });
    const [one, two] = ['one', 'two'].map((name) => makeLink(files, name, [1024], { layer: files, parent: base })) as [
      TestDisk,
      TestDisk,
    ];
    const device = openDevice([one, base], { layer: files });
    await device.write(0, [new Uint8Array(4096).fill(1)]);
    const old = device.replaceLeaf(Link.open({ files: two.files, isWritable: true, layer: files }));
    old.close();
    expect(old.path).toBe(one.files[0]);
    const target = new Uint8Array(4096).fill(9);
    await device.read(0, target);
    expect(target[0]).toBe(0);
    expect(device.leaf.path).toBe(two.files[0]);
    await device.close();
  });

  it('refuses to write what was opened for reading', async () => {
    const files = new CrashingFiles();
    const base = makeLink(files, 'base', [1024], { layer: files });
    const device = openDevice([base], { layer: files, isWritable: false });
    expect(() => device.write(0, [new Uint8Array(1)])).toThrow(RedoubtError);
    expect(() => device.writeZeroes(0, 1)).toThrow(RedoubtError);
    await device.close();
    await device.close();
  });
});
