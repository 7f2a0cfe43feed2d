import { execFile, spawn } from 'node:child_process';
import { closeSync, existsSync, ftruncateSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandProcess } from '../support/command-process.ts';
import { DiskOverNbd } from '../support/disk-over-nbd.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { makeTempFolder, type TempFolder } from '../support/temp-folder.ts';
import { hasTools } from '../support/tools.ts';
import { Picture } from './independent/picture.ts';
import { strokesOver } from './independent/strokes-over.ts';

const run = promisify(execFile);
const mib = 1024 * 1024;

/** Only root may mount without a helper program. */
const canMount = process.getuid?.() === 0 && existsSync('/dev/fuse');

let program: CommandProcess;
let folder: TempFolder;
beforeAll(async () => {
  program = await CommandProcess.start();
  folder = makeTempFolder();
});
afterAll(async () => {
  await program.end();
  folder.remove();
});

interface Written {
  readonly file: string;
  readonly picture: Picture;
}

let count = 0;

/** A disk of one of our dialects with something on it, and `logs` redo logs over it. */
async function written(sizeBytes: number, logs: number, ...args: string[]): Promise<Written> {
  const home = folder.at(`disk-${String(count++)}`);
  mkdirSync(home);
  let file = `${home}/disk.vmdk`;
  const random = new SeededRandom(count);
  const picture = new Picture(sizeBytes);
  await program.ok('disk', 'create', file, '--size', String(sizeBytes), ...args);
  for (let level = 0; level <= logs; level++) {
    const serving = await program.serve(file, folder.at('nbd.sock'), '--mode', level === 0 ? 'persistent' : 'undoable');
    if (!('stop' in serving)) throw new Error(serving.err);
    const disk = await DiskOverNbd.open(folder.at('nbd.sock'));
    for (const { offsetBytes, bytes } of strokesOver(sizeBytes, [], random)) {
      await disk.write(offsetBytes, bytes);
      picture.paint(offsetBytes, bytes);
    }
    disk.close();
    expect(await serving.stop()).toMatchObject({ status: 0 });
    file = serving.redo ?? file;
  }
  return { file, picture };
}

/** The picture as a plain file beside the disk. */
function plainFile({ file, picture }: Written): string {
  const path = `${file}.plain`;
  const fd = openSync(path, 'w');
  ftruncateSync(fd, picture.sizeBytes);
  for (const { startBytes, endBytes } of picture.painted()) {
    const bytes = picture.read(startBytes, endBytes - startBytes);
    writeSync(fd, bytes, 0, bytes.length, startBytes);
  }
  closeSync(fd);
  return path;
}

/** Descriptors beside the disk; resolves with that of the leaf. */
async function described({ file }: Written): Promise<string> {
  const out = await program.ok('disk', 'describe', file, '--out', file.slice(0, file.lastIndexOf('/')));
  return out.split('\n')[0] ?? '';
}

describe.skipIf(!hasTools('bximage'))('bximage reads bases', () => {
  const cylinderBytes = 16 * 63 * 512;

  it.each([
    ['hybrid', 16 * mib],
    ['hybrid', 300 * mib + 512],
    ['ws3', 16 * mib],
    ['ws3', 300 * mib],
    ['ws3', 2100 * mib],
    ['hybrid', 2100 * mib],
  ])(
    '%s of %i bytes',
    async (dialect, sizeBytes) => {
      const disk = await written(sizeBytes, 0, '--dialect', dialect);
      const info = await run('bximage', ['-func=info', '-q', disk.file]);
      expect(info.stdout).toContain("disk image mode = 'vmware3'");
      const flat = `${disk.file}.flat`;
      await bximage('-func=convert', '-imgmode=flat', '-q', disk.file, flat);
      // It copies whole cylinders of the geometry in the header; what is behind them it leaves away.
      const whole = Math.floor(sizeBytes / cylinderBytes) * cylinderBytes;
      await run('cmp', ['-n', String(whole), flat, plainFile(disk)]);
      rmSync(flat);
    },
    240_000,
  );
});

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

describe.skipIf(!hasTools('vmdkinfo', 'vmdkmount') || !canMount)('libvmdk reads bases', () => {
  it.each([
    ['hybrid', 100 * mib],
    ['hybrid', 2100 * mib],
    ['esx', 100 * mib],
  ])(
    '%s of %i bytes',
    async (dialect, sizeBytes) => {
      const disk = await written(sizeBytes, 0, '--dialect', dialect, ...(dialect === 'esx' ? ['--no-split'] : []));
      const descriptor = await described(disk);
      expect((await run('vmdkinfo', [descriptor])).stdout).toContain(`(${String(sizeBytes)} bytes)`);
      const mount = `${disk.file}.mount`;
      mkdirSync(mount);
      await run('vmdkmount', [descriptor, mount]);
      try {
        const plain = plainFile(disk);
        // It is slow, so it reads what was written and no more.
        for (const { startBytes, endBytes } of disk.picture.painted()) {
          const range = ['-i', String(startBytes), '-n', String(endBytes - startBytes)];
          await run('cmp', [...range, `${mount}/vmdk1`, plain]);
        }
      } finally {
        await run('umount', [mount]);
      }
    },
    120_000,
  );
});

describe.skipIf(!hasTools('qemu-img'))('qemu-img reads chains through descriptors', () => {
  async function expectSame(disk: Written): Promise<void> {
    const descriptor = await described(disk);
    await run('qemu-img', ['compare', '-f', 'vmdk', '-F', 'raw', descriptor, plainFile(disk)]);
  }

  it.each([
    ['hybrid', 100 * mib, []],
    ['hybrid', 2100 * mib, []],
    ['hybrid', 3000 * mib, ['--bus', 'scsi']],
    ['esx', 100 * mib, ['--no-split']],
    ['esx', 3000 * mib, ['--no-split']],
    // One of its tables is eight of these: it finds the first eight, and they must lie side by side.
    ['ws3', 256 * mib, []],
    ['vmware2', 64 * mib, []],
  ] as const)(
    '%s of %i bytes, three redo logs',
    async (dialect, sizeBytes, args) => {
      await expectSame(await written(sizeBytes, 3, '--dialect', dialect, ...args));
    },
    120_000,
  );

  it.each([
    ['ws3', 257 * mib],
    ['ws3', 2100 * mib],
    ['vmware2', 65 * mib],
  ])('%s of %i bytes, which it would read wrong, is not described', async (dialect, sizeBytes) => {
    const disk = await written(sizeBytes, 0, '--dialect', dialect);
    const { status, err } = await program.run(['disk', 'describe', disk.file, '--out', folder.at('never')]);
    expect({ status, err }).toEqual({ status: 1, err: expect.stringContaining('disk.unsupported') as unknown });
  });
});
