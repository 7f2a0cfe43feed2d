import { readdirSync, readFileSync, readlinkSync, renameSync, rmSync, copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DescriptorCache } from '../../../../core/disk/files/descriptor-cache.ts';
import { hostFiles } from '../../../../core/disk/files/disk-file.ts';
import { makeLink, openDevice, sizeBytesOf } from '../../../support/test-chain.ts';
import { makeTempFolder, type TempFolder } from '../../../support/temp-folder.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';

const mostDescriptors = 8;

let folder: TempFolder;
let layer: DescriptorCache;
beforeEach(() => {
  folder = makeTempFolder();
  layer = new DescriptorCache(hostFiles, () => mostDescriptors);
});
afterEach(() => {
  folder.remove();
});

/** Files of the test's folder that this process has open, as the system counts them. */
function openInFolder(): number {
  return readdirSync('/proc/self/fd').filter((descriptor) => {
    try {
      return readlinkSync(join('/proc/self/fd', descriptor)).startsWith(folder.path);
    } catch {
      return false;
    }
  }).length;
}

function makeFiles(count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const path = folder.at(`file${String(index)}`);
    writeFileSync(path, Buffer.alloc(1024, index));
    return path;
  });
}

describe('[W7] files that share descriptors', () => {
  it('read and write as if each had its own', async () => {
    const random = new SeededRandom(3);
    const base = makeLink(folder, 'base', [512, 512, 512, 512, 512, 512, 512, 300]);
    const middle = makeLink(folder, 'middle', [1024, 1024, 1836], { parent: base });
    const leaf = makeLink(folder, 'leaf', [500, 500, 500, 500, 500, 500, 500, 384], { parent: middle });
    const size = sizeBytesOf(base);
    const flat = new Uint8Array(size);
    for (const disks of [[base], [middle, base], [leaf, middle, base]]) {
      const device = openDevice(disks, { layer });
      for (let step = 0; step < 150; step++) {
        const at = random.below(size - 9000);
        const bytes = random.bytes(1 + random.below(9000));
        if (step % 3 === 0) {
          await device.write(at, [bytes]);
          flat.set(bytes, at);
        } else {
          await device.read(at, bytes);
          expect(Buffer.compare(bytes, flat.subarray(at, at + bytes.length))).toBe(0);
        }
        if (step % 10 === 0) await device.flush();
      }
      await device.close();
      expect(openInFolder()).toBe(0);
    }
  });

  it('are not more open than allowed, and the one that waited longest goes first', () => {
    const files = makeFiles(20).map((path) => layer.open(path, false));
    const byte = new Uint8Array(1);
    for (let round = 0; round < 3; round++) {
      for (const [index, file] of files.entries()) {
        expect(file.read(5, byte)).toBe(1);
        expect(byte[0]).toBe(index);
        expect(openInFolder()).toBeLessThanOrEqual(mostDescriptors);
      }
    }
    for (const file of files) file.close();
    expect(layer.openCount).toBe(0);
    expect(() => files[0]?.read(0, byte)).toThrow('closed');
  });

  it('keep their own descriptor from a write to the next sync', async () => {
    const paths = makeFiles(20);
    const files = paths.map((path) => layer.open(path, true));
    for (const file of files) file.write(0, [new Uint8Array(8)]);
    expect(openInFolder()).toBe(20);
    await Promise.all(files.map((file) => file.sync()));
    layer.open(makeFiles(1)[0] as string, false).close();
    expect(openInFolder()).toBeLessThan(mostDescriptors);
    for (const file of files) file.close();
  });

  it('refuse another file of the same name', () => {
    const paths = makeFiles(20);
    const files = paths.map((path) => layer.open(path, false));
    const [first] = paths as [string];
    copyFileSync(first, folder.at('copy'));
    renameSync(folder.at('copy'), first);
    for (const file of files.slice(1)) file.lengthBytes();
    expect(() => files[0]?.lengthBytes()).toThrow(
      expect.objectContaining({
        code: 'disk.io',
        details: { file: first, operation: 'use', errno: 'ESTALE' },
      }) as Error,
    );
    rmSync(first);
    expect(() => files[0]?.lengthBytes()).toThrow(expect.objectContaining({ code: 'disk.not-found' }) as Error);
    for (const file of files) file.close();
  });

  it('refuse the same file with another disk in it', async () => {
    const disk = makeLink(folder, 'disk', new Array<number>(12).fill(64));
    const other = makeLink(folder, 'other', new Array<number>(12).fill(64));
    const device = openDevice([disk], { layer, isWritable: false });
    writeFileSync(disk.files[0] as string, readFileSync(other.files[0] as string));
    const target = new Uint8Array(512);
    await expect((async () => device.read(0, target))()).rejects.toMatchObject({
      code: 'disk.io',
      details: { errno: 'ESTALE' },
    });
    await device.close();
  });

  it('keep a descriptor that is being synced until that has ended, lest its number be another file’s', async () => {
    const [path = ''] = makeFiles(1);
    const file = hostFiles.open(path, true);
    file.write(0, [new Uint8Array(512)]);
    const syncing = file.sync();
    file.close();
    expect(openInFolder()).toBe(1);
    await syncing;
    expect(openInFolder()).toBe(0);
  });
});
