import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  writeFileSync,
} from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { GIB, KIB, MIB } from '../../core/base/units.ts';
import { createBase } from '../../core/disk/create/create-base.ts';
import { commitRedoLog } from '../../core/disk/commit/commit.ts';
import { createRedoLog } from '../../core/disk/create/create-redo-log.ts';
import { describeChain } from '../../core/disk/describe/describe.ts';
import { inspectChain } from '../../core/disk/describe/inspect.ts';
import { Chain } from '../../core/disk/chain/chain.ts';
import { openLinks, resolveChain } from '../../core/disk/parents/resolve-chain.ts';
import { SessionDevice } from '../../core/disk/session/session-device.ts';
import { fingerprint, inSession, read } from '../support/disk-kit.ts';
import { serveDisk } from '../support/redoubt-command.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { makeTempFolder, type TempFolder } from '../support/temp-folder.ts';
import { hasTools } from '../support/tools.ts';

const run = promisify(execFile);
const sizeBytes = 9 * MIB + 512 * 77;

/** Content with gaps, zeros and bytes that do not compress. */
function makeContent(seed: number): Buffer {
  const random = new SeededRandom(seed);
  const content = Buffer.alloc(sizeBytes);
  for (let index = 0; index < 40; index++) {
    const at = random.below(sizeBytes);
    const length = Math.min(sizeBytes - at, random.below(200 * KIB));
    if (index % 3 === 0) for (let i = 0; i < length; i++) content[at + i] = random.below(256);
    else content.fill(1 + random.below(255), at, at + length);
  }
  return content;
}

async function makeForeign(folder: TempFolder, subformat: string, content: Buffer): Promise<string> {
  writeFileSync(folder.at('plain'), content);
  const file = folder.at('disk.vmdk');
  const options = ['-O', 'vmdk', '-o', `subformat=${subformat}`];
  await run('qemu-img', ['convert', '-f', 'raw', ...options, folder.at('plain'), file]);
  return file;
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function contentOf(file: string): Promise<string> {
  // Plain data is opened only if somebody has approved it.
  const context = { trustedPaths: [resolve(file, '..'), resolve(file, '../..')] };
  const device = new SessionDevice(new Chain(openLinks(await resolveChain(file, context), { context })));
  try {
    return hashOf(await read(device, 0, device.sizeBytes));
  } finally {
    await device.close();
  }
}

/** The same writes to a session and to the oracle. */
async function work(file: string, redo: string | undefined, content: Buffer, seed: number): Promise<void> {
  const random = new SeededRandom(seed);
  const mode = redo === undefined ? ({ mode: 'persistent' } as const) : ({ mode: 'undoable', redo } as const);
  await inSession({ file, ...mode, context: { trustedPaths: [file] } }, async (device) => {
    for (let step = 0; step < 60; step++) {
      const at = random.below(sizeBytes - 1);
      const length = Math.min(sizeBytes - at, 1 + random.below(100 * KIB));
      if (step % 5 === 0) {
        await device.writeZeroes(at, length);
        content.fill(0, at, at + length);
      } else {
        const bytes = random.bytes(length);
        await device.write(at, [bytes]);
        content.set(bytes, at);
      }
      if (step % 20 === 0) await device.flush();
    }
  });
}

const subformats = ['monolithicSparse', 'twoGbMaxExtentSparse', 'monolithicFlat', 'twoGbMaxExtentFlat'] as const;
const withQemu = describe.skipIf(!hasTools('qemu-img', 'qemu-io'));

withQemu('VMDK of qemu-img', { timeout: 60_000 }, () => {
  it.each([...subformats, 'streamOptimized'])('%s: is read', async (subformat) => {
    using folder = makeTempFolder();
    const content = makeContent(1);
    const file = await makeForeign(folder, subformat, content);
    expect(await contentOf(file)).toBe(hashOf(content));
    const report = await inspectChain(file, { trustedPaths: [file] });
    expect(report).toMatchObject({ capacityBytes: sizeBytes, links: [{ role: 'base', dialect: subformat }] });
  });

  it.each(subformats)(
    '%s: is written, and qemu-img finds it whole and right; and the other way round',
    async (subformat) => {
      using folder = makeTempFolder();
      const content = makeContent(2);
      const file = await makeForeign(folder, subformat, content);
      const cid = async () => {
        const { stdout } = await run('qemu-img', ['info', '--output=json', file]);
        return (JSON.parse(stdout) as { 'format-specific': { data: { cid: number } } })['format-specific'].data.cid;
      };
      for (let round = 0; round < 3; round++) {
        const before = await cid();
        await work(file, undefined, content, 10 + round);
        expect(await cid()).not.toBe(before);
        writeFileSync(folder.at('plain'), content);
        await run('qemu-img', ['compare', '-f', 'vmdk', '-F', 'raw', file, folder.at('plain')]);
        if (subformat.endsWith('Sparse')) await run('qemu-img', ['check', '-f', 'vmdk', file]);
        const [at, length] = [round * 3 * MIB + 512, 700 * KIB];
        await run('qemu-io', [
          '-f',
          'vmdk',
          '-c',
          `write -P ${String(round + 65)} ${String(at)} ${String(length)}`,
          file,
        ]);
        content.fill(round + 65, at, at + length);
        expect(await contentOf(file)).toBe(hashOf(content));
      }
    },
  );

  it.each([...subformats, 'streamOptimized'])(
    '%s: a redo log hangs from it, and it stays as it is',
    async (subformat) => {
      using folder = makeTempFolder();
      const content = makeContent(3);
      const file = await makeForeign(folder, subformat, content);
      const files = readdirSync(folder.path)
        .filter((name) => name.endsWith('.vmdk'))
        .map((name) => folder.at(name));
      const before = fingerprint(files);
      const { file: redo } = await createRedoLog({
        parent: file,
        randomSuffix: false,
        context: { trustedPaths: [file], settingsDirectory: folder.at('settings') },
      });
      expect(existsSync(`${file}.redoubt`)).toBe(true);
      await work(file, redo, content, 20);
      await work(file, redo, content, 21);
      expect(fingerprint(files)).toEqual(before);
      expect(await contentOf(redo)).toBe(hashOf(content));
      // Others read the log through descriptors, and so does the engine.
      const [descriptor = ''] = await describeChain(redo, folder.at('descriptors'), { trustedPaths: [file] });
      writeFileSync(folder.at('plain'), content);
      await run('qemu-img', ['compare', '-f', 'vmdk', '-F', 'raw', descriptor, folder.at('plain')]);
      expect(await contentOf(descriptor)).toBe(hashOf(content));
    },
  );

  it.each([...subformats])('%s: a redo log notices that somebody else wrote', async (subformat) => {
    using folder = makeTempFolder();
    const file = await makeForeign(folder, subformat, makeContent(4));
    const context = { trustedPaths: [file], settingsDirectory: folder.at('settings') };
    const { file: redo } = await createRedoLog({ parent: file, randomSuffix: false, context });
    await contentOf(redo);
    await run('qemu-io', ['-f', 'vmdk', '-c', 'write -P 99 0 9M', file]);
    await expect(resolveChain(redo, context)).rejects.toMatchObject({ code: 'disk.parent-changed' });
  });

  it('a chain of hosted children is read', async () => {
    using folder = makeTempFolder();
    const content = makeContent(5);
    const file = await makeForeign(folder, 'monolithicSparse', content);
    let parent = file;
    for (let depth = 1; depth < 4; depth++) {
      const child = folder.at(`child${String(depth)}.vmdk`);
      await run('qemu-img', ['create', '-q', '-f', 'vmdk', '-b', parent, '-F', 'vmdk', child]);
      const at = depth * MIB + 300 * 512;
      await run('qemu-io', ['-f', 'vmdk', '-c', `write -P ${String(depth)} ${String(at)} 150k`, child]);
      content.fill(depth, at, at + 150 * KIB);
      parent = child;
    }
    expect(await contentOf(parent)).toBe(hashOf(content));
    await work(parent, undefined, content, 30);
    expect(await contentOf(parent)).toBe(hashOf(content));
    writeFileSync(folder.at('plain'), content);
    await run('qemu-img', ['compare', '-f', 'vmdk', '-F', 'raw', parent, folder.at('plain')]);
    await run('qemu-io', ['-f', 'vmdk', '-c', 'write -P 99 0 64k', file]);
    await expect(contentOf(parent)).rejects.toMatchObject({ code: 'disk.parent-changed' });
  });

  it('a hosted child is committed into its parent, and zeroed grains are zeros there', async () => {
    using folder = makeTempFolder();
    const content = makeContent(7);
    const file = await makeForeign(folder, 'monolithicSparse', content);
    const child = folder.at('child.vmdk');
    await run('qemu-img', ['create', '-q', '-f', 'vmdk', '-b', file, '-F', 'vmdk', '-o', 'zeroed_grain=on', child]);
    await run('qemu-io', ['-f', 'vmdk', '-c', 'write -z 1M 2M', '-c', 'write -P 5 4M 300k', child]);
    content.fill(0, MIB, 3 * MIB);
    content.fill(5, 4 * MIB, 4 * MIB + 300 * KIB);
    const reached = (point: string) => {
      if (point === 'copying') throw new Error('stopped');
    };
    await expect(commitRedoLog({ redo: child }, { reached })).rejects.toThrow('stopped');
    expect(await contentOf(child)).toBe(hashOf(content));
    await commitRedoLog({ redo: child });
    expect(existsSync(child)).toBe(false);
    expect(await contentOf(file)).toBe(hashOf(content));
    await run('qemu-img', ['check', '-f', 'vmdk', file]);
    expect(readdirSync(folder.path).sort()).toEqual(['disk.vmdk', 'disk.vmdk.redoubt', 'plain']);
  });

  it('zeroed grains hide what is below, and can be written', async () => {
    using folder = makeTempFolder();
    const content = makeContent(6);
    const file = await makeForeign(folder, 'monolithicSparse', content);
    const child = folder.at('child.vmdk');
    const options = ['-o', 'zeroed_grain=on'];
    await run('qemu-img', ['create', '-q', '-f', 'vmdk', '-b', file, '-F', 'vmdk', ...options, child]);
    await run('qemu-io', ['-f', 'vmdk', '-c', 'write -z 1M 2M', child]);
    content.fill(0, MIB, 3 * MIB);
    expect(await contentOf(child)).toBe(hashOf(content));
    await work(child, undefined, content, 31);
    expect(await contentOf(child)).toBe(hashOf(content));
    expect(readFileSync(child).readUInt32LE(8) & 4).toBe(4);
  });
});

describe.skipIf(process.env['REDOUBT_SAMPLES'] === undefined)('disks of other products', () => {
  const samples = process.env['REDOUBT_SAMPLES'] ?? '';
  const lines = existsSync(`${samples}/expected.tsv`)
    ? readFileSync(`${samples}/expected.tsv`, 'utf8').split('\n')
    : [];
  const expected = lines.slice(1).flatMap((line) => {
    const [name, size, hash] = line.split('\t');
    return name === undefined || hash === undefined ? [] : [{ name, size: Number(size), hash }];
  });

  it.each(expected)('$name is read', async ({ name, size, hash }) => {
    const file = `${samples}/${name}`;
    expect((await inspectChain(file)).capacityBytes).toBe(size);
    expect(await contentOf(file)).toBe(hash);
  });
});

/** Only root may mount without a helper program. */
const canMount = process.getuid?.() === 0 && existsSync('/dev/fuse');

describe.skipIf(!hasTools('vmdkinfo', 'vmdkmount') || !canMount)('libvmdk', () => {
  it.each([
    ['one file', false],
    ['files of 2 GB', true],
  ])('reads what the product makes: %s', { timeout: 60_000 }, async (_what, split) => {
    using folder = makeTempFolder();
    const file = folder.at('disk.vmdk');
    const capacityBytes = 5 * GIB;
    await createBase({ file, capacityBytes, split, bus: 'ide', format: 'vmdk' });
    const places = [0, 2047 * MIB - 100 * KIB, 3 * GIB + 12_345, capacityBytes - 70_000];
    const bytes = new SeededRandom(40).bytes(70_000);
    await inSession({ file, mode: 'persistent' }, async (device) => {
      for (const place of places) await device.write(place, [bytes]);
    });
    expect((await run('vmdkinfo', [file])).stdout).toContain(`(${String(capacityBytes)} bytes)`);
    mkdirSync(folder.at('mount'));
    await run('vmdkmount', [file, folder.at('mount')]);
    try {
      const fd = openSync(folder.at('mount', 'vmdk1'), 'r');
      const found = Buffer.alloc(bytes.length);
      for (const place of places) {
        readSync(fd, found, 0, found.length, place);
        expect(found.equals(bytes)).toBe(true);
      }
      readSync(fd, found, 0, found.length, GIB);
      expect(found.every((byte) => byte === 0)).toBe(true);
      closeSync(fd);
    } finally {
      await run('umount', [folder.at('mount')]);
    }
  });
});

withQemu('disk serve', { timeout: 60_000 }, () => {
  it.each([...subformats, 'raw'])('%s: in every mode', async (kind) => {
    using folder = makeTempFolder();
    const content = makeContent(8);
    const file = kind === 'raw' ? folder.at('plain') : await makeForeign(folder, kind, content);
    writeFileSync(folder.at('plain'), content);
    const paint = async (uri: string, byte: number) => {
      const lines = ['-c', `write -P ${String(byte)} 1M 100k`, '-c', 'flush', '-c', 'write -z 2M 64k', '-c', 'flush'];
      await run('qemu-io', ['-f', 'raw', ...lines, uri]);
    };
    const expectPainted = async (byte: number | undefined) => {
      const disk = await serveDisk(file, folder.at('nbd.sock'), '--mode', 'nonpersistent');
      if (byte !== undefined) {
        content.fill(byte, MIB, MIB + 100 * KIB);
        content.fill(0, 2 * MIB, 2 * MIB + 64 * KIB);
      }
      writeFileSync(folder.at('expected'), content);
      await run('qemu-img', ['compare', '-f', 'raw', '-F', 'raw', disk.uri, folder.at('expected')]);
      await paint(disk.uri, 77);
      await disk.stop();
    };
    await expectPainted(undefined);
    for (const [byte, ...mode] of [
      [10, '--mode', 'persistent'],
      [11, '--mode', 'undoable', '--at-end', 'commit'],
    ] as const) {
      const redo = mode[1] === 'undoable' ? ['--redo-dir', folder.path] : [];
      const disk = await serveDisk(file, folder.at('nbd.sock'), ...mode, ...redo);
      await paint(disk.uri, byte);
      await disk.stop();
      await expectPainted(byte);
    }
  });
});
