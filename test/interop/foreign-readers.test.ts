import { execFile, spawn } from 'node:child_process';
import { closeSync, existsSync, ftruncateSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GIB, KIB, MIB } from '../../core/base/units.ts';
import { planBaseFiles } from '../../core/disk/create/create-base.ts';
import { command } from '../../core/nbd/protocol.ts';
import { NbdTestClient } from '../support/nbd-client.ts';
import { redoubt, serveDisk } from '../support/redoubt-command.ts';
import { makeTempFolder, type TempFolder } from '../support/temp-folder.ts';
import { hasTools } from '../support/tools.ts';

const run = promisify(execFile);

/** Only root may mount without a helper program. */
const canMount = process.getuid?.() === 0 && existsSync('/dev/fuse');

/** Something that a client writes: a byte over a range; byte 0 goes as a write of zeros. */
interface Stroke {
  readonly byte: number;
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

/** Writes the strokes through NBD with qemu-io, and into a plain file that says what the disk must hold. */
async function paint(uri: string, plain: number, strokes: readonly Stroke[]): Promise<void> {
  const lines = strokes.map(({ byte, offsetBytes, lengthBytes }) =>
    byte === 0
      ? `write -z ${String(offsetBytes)} ${String(lengthBytes)}`
      : `write -P ${String(byte)} ${String(offsetBytes)} ${String(lengthBytes)}`,
  );
  const { stdout } = await run('qemu-io', ['-f', 'raw', ...lines.flatMap((line) => ['-c', line]), '-c', 'flush', uri]);
  expect(stdout).not.toMatch(/fail|error/i);
  for (const { byte, offsetBytes, lengthBytes } of strokes) {
    writeSync(plain, Buffer.alloc(lengthBytes, byte), 0, lengthBytes, offsetBytes);
  }
}

/** A sparse file of zeros, open for writing. */
function openPlain(path: string, sizeBytes: number): number {
  const descriptor = openSync(path, 'w+');
  ftruncateSync(descriptor, sizeBytes);
  return descriptor;
}

describe.skipIf(!hasTools('qemu-img', 'qemu-io'))('qemu-img, through descriptors', () => {
  const sizeBytes = 5 * GIB;
  let folder: TempFolder;
  let plain: number;
  /** First files, from the base to the leaf. */
  let links: string[];
  /** Where one file of the disk ends and the next begins. */
  let seams: number[];

  beforeAll(async () => {
    folder = makeTempFolder();
    plain = openPlain(folder.at('plain'), sizeBytes);
    const file = folder.at('mydisk.vmdk');
    await redoubt('disk', 'create', file, '--size', '5G');
    const { spansBytes } = planBaseFiles({ file, capacityBytes: sizeBytes, split: true, bus: 'ide' });
    seams = [spansBytes[0] ?? 0, (spansBytes[0] ?? 0) + (spansBytes[1] ?? 0)];
    links = [file];
  }, 60_000);

  afterAll(() => {
    closeSync(plain);
    folder.remove();
  });

  async function expectSameAsPlain(leaf: string): Promise<void> {
    const out = folder.at(`descriptors-${String(links.length)}`);
    const [descriptor] = (await redoubt('disk', 'describe', leaf, '--out', out)).trim().split('\n');
    const { stdout } = await run('qemu-img', ['info', '--output=json', '--backing-chain', descriptor ?? '']);
    expect((JSON.parse(stdout) as unknown[]).length).toBe(links.length);
    await run('qemu-img', ['compare', '-f', 'vmdk', '-F', 'raw', descriptor ?? '', folder.at('plain')]);
  }

  it('reads a base in several segments', async () => {
    expect(seams).toHaveLength(2);
    const disk = await serveDisk(links[0] ?? '', folder.at('nbd.sock'), '--mode', 'persistent');
    await paint(disk.uri, plain, [
      { byte: 1, offsetBytes: 0, lengthBytes: 64 * KIB },
      { byte: 2, offsetBytes: 512 * 12_345, lengthBytes: 512 },
      ...seams.map((seam) => ({ byte: 3, offsetBytes: seam - 300 * KIB, lengthBytes: 600 * KIB })),
      { byte: 4, offsetBytes: 3 * GIB + 512, lengthBytes: 100 * KIB },
      { byte: 5, offsetBytes: sizeBytes - 16 * KIB, lengthBytes: 16 * KIB },
    ]);
    await disk.stop();
    await expectSameAsPlain(links[0] ?? '');
  }, 60_000);

  it.skipIf(!hasTools('vmdkmount') || !canMount)(
    'agrees with libvmdk about the content of a base',
    async () => {
      // libvmdk looks for extents beside the descriptor only.
      const [descriptor] = (await redoubt('disk', 'describe', links[0] ?? '', '--out', folder.path)).trim().split('\n');
      const mount = folder.at('mount');
      mkdirSync(mount);
      await run('vmdkmount', [descriptor ?? '', mount]);
      try {
        await run('cmp', ['-n', String(MIB), folder.at('mount', 'vmdk1'), folder.at('plain')]);
        for (const seam of seams) {
          await run('cmp', [
            '-i',
            String(seam - MIB),
            '-n',
            String(2 * MIB),
            folder.at('mount', 'vmdk1'),
            folder.at('plain'),
          ]);
        }
      } finally {
        await run('umount', [mount]);
      }
    },
    60_000,
  );

  it('reads three redo logs, one over the other, at every step', async () => {
    for (const level of [1, 2, 3]) {
      const disk = await serveDisk(links.at(-1) ?? '', folder.at('nbd.sock'), '--mode', 'undoable');
      expect(basename(disk.redo ?? '')).toBe(`mydisk.vmdk${'.REDO'.repeat(level)}`);
      await paint(disk.uri, plain, [
        // Over what lies below, beside it, and in parts of grains.
        { byte: 10 * level, offsetBytes: 16 * KIB * level, lengthBytes: 24 * KIB },
        { byte: 10 * level + 1, offsetBytes: 512 * (12_340 + 3 * level), lengthBytes: 512 * 7 },
        ...seams.map((seam) => ({ byte: 10 * level + 2, offsetBytes: seam - 50 * KIB * level, lengthBytes: 77 * KIB })),
        ...seams.map((seam) => ({
          byte: 10 * level + 3,
          offsetBytes: seam + 100 * KIB + 512 * level,
          lengthBytes: 33 * KIB,
        })),
        // Zeros over content are content; zeros over nothing are nothing.
        { byte: 0, offsetBytes: (seams[0] ?? 0) - 200 * KIB, lengthBytes: 8 * KIB * level },
        { byte: 0, offsetBytes: GIB + level * MIB, lengthBytes: MIB },
        { byte: 10 * level + 4, offsetBytes: 4 * GIB + level * 3 * MIB, lengthBytes: 1024 * KIB },
      ]);
      await disk.stop();
      links.push(disk.redo ?? '');
      await expectSameAsPlain(links.at(-1) ?? '');
    }
  }, 120_000);

  it('reads the same again through our own server, wherever something was written', async () => {
    const disk = await serveDisk(links.at(-1) ?? '', folder.at('nbd.sock'), '--mode', 'persistent');
    try {
      const client = await NbdTestClient.open(folder.at('nbd.sock'));
      const spots = [
        0,
        4 * MIB,
        6 * MIB,
        GIB,
        GIB + 2 * MIB,
        3 * GIB,
        4 * GIB + 8 * MIB,
        sizeBytes - 2 * MIB,
        ...seams.map((seam) => seam - MIB),
      ];
      for (const offsetBytes of spots) {
        const { data } = await client.request({ type: command.read, offsetBytes, lengthBytes: 2 * MIB });
        const wanted = Buffer.alloc(2 * MIB);
        readSync(plain, wanted, 0, wanted.length, offsetBytes);
        expect(data.equals(wanted), `2 MiB at ${String(offsetBytes)}`).toBe(true);
      }
      client.close();
    } finally {
      await disk.stop();
    }
  }, 60_000);

  it.skipIf(!hasTools('nbdinfo'))(
    'is preceded by nbdinfo, which reads the size',
    async () => {
      const disk = await serveDisk(
        links.at(-1) ?? '',
        folder.at('nbd.sock'),
        '--mode',
        'nonpersistent',
        '--redo-dir',
        folder.path,
      );
      try {
        expect((await run('nbdinfo', ['--size', disk.uri])).stdout.trim()).toBe(String(sizeBytes));
      } finally {
        await disk.stop();
      }
    },
    60_000,
  );

  it.skipIf(!hasTools('vmdkinfo'))(
    'agrees with libvmdk about size and extents',
    async () => {
      const [descriptor] = (await redoubt('disk', 'describe', links[0] ?? '', '--out', folder.at('for-libvmdk')))
        .trim()
        .split('\n');
      const { stdout } = await run('vmdkinfo', [descriptor ?? '']);
      expect(stdout).toContain(`(${String(sizeBytes)} bytes)`);
      expect(stdout).toMatch(/Number of extents:\s+3/);
    },
    60_000,
  );
});

describe.skipIf(!hasTools('bximage', 'qemu-io'))('bximage', () => {
  it('reads a base as a disk of VMware 3', async () => {
    using folder = makeTempFolder();
    const sizeBytes = 16 * MIB;
    const file = folder.at('small.vmdk');
    await redoubt('disk', 'create', file, '--size', '16M');
    const plain = openPlain(folder.at('plain'), sizeBytes);
    const disk = await serveDisk(file, folder.at('nbd.sock'), '--mode', 'persistent');
    await paint(disk.uri, plain, [
      { byte: 1, offsetBytes: 0, lengthBytes: 512 },
      { byte: 2, offsetBytes: 5 * MIB + 512, lengthBytes: 300 * KIB },
      { byte: 3, offsetBytes: sizeBytes - 8 * KIB, lengthBytes: 8 * KIB },
    ]);
    await disk.stop();
    closeSync(plain);
    expect((await run('bximage', ['-func=info', '-q', file])).stdout).toContain("disk image mode = 'vmware3'");
    await bximage('-func=convert', '-imgmode=flat', '-q', file, folder.at('flat'));
    // It copies whole cylinders of the geometry in the header; what is behind them it leaves away.
    await run('cmp', [
      '-n',
      String(Math.floor(sizeBytes / cylinderBytes) * cylinderBytes),
      folder.at('flat'),
      folder.at('plain'),
    ]);
  }, 60_000);
});

const cylinderBytes = 16 * 63 * 512;

/** Its progress fills a terminal and is of no use to anybody. */
function bximage(...args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('bximage', args, { stdio: 'ignore' });
    child.on('error', reject);
    child.on('exit', (status) => {
      if (status === 0) resolve();
      else reject(new Error(`bximage ended with status ${String(status)}`));
    });
  });
}
