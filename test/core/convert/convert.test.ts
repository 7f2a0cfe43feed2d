import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acquireLock } from '../../../core/base/lock-file.ts';
import { convertDisk } from '../../../core/convert/convert.ts';
import { findQemuImg } from '../../../core/convert/qemu-img.ts';
import { formatOfName, type TargetFormat } from '../../../core/convert/target-format.ts';
import { inspectChain } from '../../../core/disk/describe/inspect.ts';
import { openDiskSession } from '../../../core/disk/session/session.ts';
import { contentOf, fingerprintFolder, makeBase, makeLog, mib, writeDisk } from '../../support/disk-kit.ts';
import { makeTempFolder, type TempFolder } from '../../support/temp-folder.ts';
import { hasTools } from '../../support/tools.ts';

const capacityBytes = 40 * mib + 1024;
let folder: TempFolder;
let base: string;
let log: string;
let content: string;
beforeEach(async () => {
  folder = makeTempFolder();
  mkdirSync(folder.at('out'));
  base = await makeBase(folder.at('disk.vmdk'), { capacityBytes });
  await writeDisk(base, undefined, [
    [0, 1],
    [20 * mib + 777, 2, 100_000],
  ]);
  log = await makeLog(base);
  await writeDisk(base, log, [
    [4096, 3],
    [capacityBytes - 512, 4, 512],
  ]);
  content = await contentOf(log);
});
afterEach(() => {
  folder.remove();
});

/** What a file takes on the host. */
function roomOf(file: string): number {
  return statSync(file).blocks * 512;
}

function out(): string[] {
  return readdirSync(folder.at('out')).sort();
}

function qemuImg(...args: string[]): string {
  return execFileSync('qemu-img', args, { encoding: 'utf8' });
}

describe('a conversion by the engine alone', () => {
  it.each([
    ['cowd', 'a.vmdk', {}],
    ['cowd', 'a.vmdk', { dialect: 'ws3' }],
    ['cowd', 'a.vmdk', { dialect: 'esx' }],
    ['cowd', 'a.dsk', { dialect: 'vmware2' }],
    ['vmdk', 'a.vmdk', {}],
    ['raw', 'a.raw', {}],
  ] as const)(
    '[V3] to %s (%s, %o) has every byte of the chain, and no more room than that',
    async (format, name, more) => {
      const before = fingerprintFolder(folder.path);
      const progress: number[] = [];
      const target = folder.at('out', name);
      const made = await convertDisk({
        source: log,
        target,
        format,
        ...more,
        onProgress: (done, total) => {
          expect(total).toBe(capacityBytes);
          progress.push(done);
        },
      });
      expect(made).toEqual({ files: [target], format, capacityBytes });
      expect(await contentOf(target)).toBe(content);
      expect(roomOf(target)).toBeLessThan(2 * mib);
      expect(progress.at(-1)).toBe(capacityBytes);
      expect([...progress].sort((a, b) => a - b)).toEqual(progress);
      const { links } = await inspectChain(target);
      expect(links).toMatchObject([{ role: 'base', state: 'clean', capacityBytes }]);
      if ('dialect' in more) expect(links[0]?.dialect).toBe(more.dialect);
      // The source is as it was.
      expect(fingerprintFolder(folder.path).filter((line) => !line.includes('/out/'))).toEqual(before);
    },
  );

  it('[V3] splits what is large, and skips what nobody has written', async () => {
    const large = await makeBase(folder.at('large.vmdk'), { capacityBytes: 500 * 2 ** 30 });
    await writeDisk(large, undefined, [[300 * 2 ** 30, 1]]);
    const started = Date.now();
    const { files } = await convertDisk({ source: large, target: folder.at('out', 'copy.vmdk') });
    // Reading half a terabyte of zeros takes minutes.
    expect(Date.now() - started).toBeLessThan(20_000);
    expect(files.length).toBeGreaterThan(200);
    expect(out().sort()).toEqual(files.map((path) => path.slice(folder.at('out').length + 1)).sort());
    expect((await inspectChain(files[0] as string)).links[0]?.allocatedBytes).toBeLessThan(mib);
    const one = await convertDisk({ source: base, target: folder.at('out', 'one.vmdk'), format: 'vmdk', split: false });
    expect(one.files).toHaveLength(1);
  }, 60_000);

  it('[V3] reads raw data of any length, rounded up to a sector', async () => {
    const bytes = Buffer.alloc(3 * mib + 100, 0);
    bytes.fill(7, 2 * mib);
    writeFileSync(folder.at('data.img'), bytes);
    const target = folder.at('out', 'a.vmdk');
    expect((await convertDisk({ source: folder.at('data.img'), target })).capacityBytes).toBe(3 * mib + 512);
    const { files } = await convertDisk({ source: target, target: folder.at('out', 'back.raw') });
    const back = readFileSync(files[0] as string);
    expect(back.subarray(0, bytes.length).equals(bytes)).toBe(true);
    expect(back.length).toBe(3 * mib + 512);
  });
});

describe('a refused conversion', () => {
  async function expectRefused(request: Parameters<typeof convertDisk>[0], code: string): Promise<void> {
    const before = fingerprintFolder(folder.path);
    await expect(convertDisk(request)).rejects.toMatchObject({ code });
    expect(fingerprintFolder(folder.path)).toEqual(before);
    expect(readdirSync(folder.at('out')).filter((name) => name.startsWith('.'))).toEqual([]);
  }

  it('[V4] overwrites nothing, not even a link that leads nowhere, a further file, or what speaks of the target', async () => {
    const target = folder.at('out', 'a.vmdk');
    for (const path of [target, `${target}.commit`, `${target}.redoubt`]) {
      writeFileSync(path, 'mine');
      await expectRefused({ source: log, target }, 'disk.exists');
      renameSync(path, folder.at('aside'));
    }
    symlinkSync('/nowhere', target);
    await expectRefused({ source: log, target }, 'disk.exists');
    await expectRefused({ source: log, target: base }, 'disk.exists');
    const large = await makeBase(folder.at('large.vmdk'), { capacityBytes: 4 * 2 ** 30 });
    writeFileSync(folder.at('out', 'b-02.vmdk'), 'mine');
    await expectRefused({ source: large, target: folder.at('out', 'b.vmdk') }, 'disk.exists');
  });

  it('[V4] says what is wrong with the request', async () => {
    await expectRefused({ source: log, target: folder.at('out', 'a.xyz') }, 'usage.bad-argument');
    await expectRefused({ source: log, target: folder.at('out', 'a.img'), format: 'cowd' }, 'disk.bad-name');
    await expectRefused({ source: log, target: folder.at('nowhere', 'a.vmdk') }, 'disk.not-found');
    await expectRefused({ source: folder.at('none'), target: folder.at('out', 'a.vmdk') }, 'disk.not-found');
    await expectRefused({ source: folder.path, target: folder.at('out', 'a.vmdk') }, 'disk.not-a-disk');
    writeFileSync(folder.at('empty'), '');
    await expectRefused({ source: folder.at('empty'), target: folder.at('out', 'a.vmdk') }, 'disk.not-a-disk');
    const huge = folder.at('huge.raw');
    writeFileSync(huge, '');
    truncateSync(huge, 3 * 2 ** 40);
    await expect(convertDisk({ source: huge, target: folder.at('out', 'a.vmdk') })).rejects.toMatchObject({
      code: 'disk.bad-size',
    });
    expect(out()).toEqual([]);
  });

  it('[V4] waits for nobody: a disk that is being written is refused', async () => {
    const session = await openDiskSession({ file: base, mode: 'persistent' });
    await expect(convertDisk({ source: base, target: folder.at('out', 'a.vmdk') })).rejects.toMatchObject({
      code: 'disk.locked',
    });
    await session.close();
    expect(out()).toEqual([]);
  });

  it('[V2] that is stopped leaves nothing', async () => {
    for (const format of ['cowd', 'raw', 'vmdk'] as const) {
      const abort = new AbortController();
      const converting = convertDisk({
        source: log,
        target: folder.at('out', 'a.vmdk'),
        format,
        signal: abort.signal,
        onProgress: () => {
          abort.abort();
        },
      });
      await expect(converting).rejects.toMatchObject({ code: 'job.cancelled' });
      expect(out()).toEqual([]);
    }
    expect(readdirSync(folder.path).filter((name) => name.endsWith('.lck'))).toEqual([]);
  });

  it('[V5] that was killed is cleared away by the next one, and only that', async () => {
    for (const [name, pid] of [
      ['dead', 2 ** 22 + 1],
      ['alive', process.pid],
    ] as const) {
      mkdirSync(folder.at('out', `.redoubt-staging-${name}`));
      await acquireLock(folder.at('out', `.redoubt-staging-${name}`, '.lock'), 'convert');
      const lock = folder.at('out', `.redoubt-staging-${name}`, '.lock');
      writeFileSync(lock, readFileSync(lock, 'utf8').replace(`"pid":${String(process.pid)}`, `"pid":${String(pid)}`));
    }
    mkdirSync(folder.at('out', '.redoubt-staging-strange'));
    await convertDisk({ source: log, target: folder.at('out', 'a.raw') });
    expect(out()).toEqual(['.redoubt-staging-alive', '.redoubt-staging-strange', 'a.raw']);
  });
});

describe('formats', () => {
  it.each([
    ['a.VMDK', 'cowd'],
    ['a.img', 'raw'],
    ['a.qcow2', 'qcow2'],
    ['a.vdi', 'vdi'],
    ['a.vhdx', 'vhdx'],
  ])('are known by names: %s', (name, format) => {
    expect(formatOfName(name)).toBe(format);
  });

  it('that need qemu-img say what to install where it is missing', () => {
    expect(() => findQemuImg([folder.path])).toThrow(
      expect.objectContaining({ code: 'disk.tool-missing', message: expect.stringContaining('qemu-utils') as string }),
    );
  });
});

describe.skipIf(!hasTools('qemu-img'))('a conversion with qemu-img', () => {
  const foreign: TargetFormat[] = ['qcow2', 'vdi', 'vhdx', 'monolithicFlat', 'twoGbMaxExtentFlat', 'streamOptimized'];

  it.each(foreign)(
    '[V3] to %s and back',
    async (format) => {
      const target = folder.at('out', foreign.indexOf(format) < 3 ? `a.${format}` : 'a.vmdk');
      const progress: number[] = [];
      const { files } = await convertDisk({
        source: log,
        target,
        format,
        onProgress: (done) => progress.push(done),
      });
      expect(out()).toEqual(files.map((path) => path.slice(folder.at('out').length + 1)).sort());
      expect(progress.at(-1)).toBe(capacityBytes);
      expect(files.reduce((sum, path) => sum + roomOf(path), 0)).toBeLessThan(12 * mib);
      for (const back of ['cowd', 'vmdk', 'raw'] as const) {
        const file = folder.at('out', `back-${back}.${back === 'raw' ? 'raw' : 'vmdk'}`);
        await convertDisk({ source: target, target: file, format: back });
        expect(qemuImg('compare', '-f', 'raw', '-F', 'raw', folder.at('want.raw'), await asRaw(file))).toContain(
          'identical',
        );
        expect(roomOf(file)).toBeLessThan(2 * mib);
      }
    },
    60_000,
  );

  beforeEach(async () => {
    await convertDisk({ source: log, target: folder.at('want.raw') });
    expect(await contentOf(folder.at('want.raw'))).toBe(content);
  });

  async function asRaw(file: string): Promise<string> {
    if (file.endsWith('.raw')) return file;
    await convertDisk({ source: file, target: `${file}.raw` });
    return `${file}.raw`;
  }

  it('[V3] from one format of others to another', async () => {
    await convertDisk({ source: log, target: folder.at('a.vdi') });
    await convertDisk({ source: folder.at('a.vdi'), target: folder.at('out', 'b.qcow2') });
    expect(qemuImg('compare', folder.at('want.raw'), folder.at('out', 'b.qcow2'))).toContain('identical');
  });

  it('[V3] reads a chain of qcow2 files', async () => {
    qemuImg('convert', '-O', 'qcow2', folder.at('want.raw'), folder.at('parent.qcow2'));
    qemuImg('create', '-q', '-f', 'qcow2', '-F', 'qcow2', '-b', 'parent.qcow2', folder.at('child.qcow2'));
    await convertDisk({ source: folder.at('child.qcow2'), target: folder.at('out', 'a.vmdk') });
    expect(await contentOf(folder.at('out', 'a.vmdk'))).toBe(content);
  });

  it('[P6] opens no backing file outside the folder that was not approved', async () => {
    mkdirSync(folder.at('stranger'));
    const hostile = folder.at('stranger', 'a.qcow2');
    const request = { source: hostile, target: folder.at('out', 'a.raw') };
    for (const backing of [folder.at('want.raw'), '/etc/passwd', 'json:{"driver":"file","filename":"/etc/passwd"}']) {
      qemuImg('create', '-q', '-u', '-f', 'qcow2', '-F', 'raw', '-b', backing, hostile, '1M');
      await expect(convertDisk(request)).rejects.toMatchObject({ code: 'disk.untrusted', details: { file: hostile } });
    }
    symlinkSync(folder.at('want.raw'), folder.at('stranger', 'inside.raw'));
    qemuImg('create', '-q', '-u', '-f', 'qcow2', '-F', 'raw', '-b', 'inside.raw', hostile, '1M');
    await expect(convertDisk(request)).rejects.toMatchObject({ code: 'disk.untrusted' });
    qemuImg('create', '-q', '-f', 'qcow2', '-o', `data_file=${folder.at('data.raw')},data_file_raw=on`, hostile, '1M');
    await expect(convertDisk(request)).rejects.toMatchObject({ code: 'disk.untrusted' });
    expect(out()).toEqual([]);
    await convertDisk({ ...request, context: { trustedPaths: [folder.path] } });
  });

  it('[V2] that is stopped leaves nothing, and no process', async () => {
    await convertDisk({ source: log, target: folder.at('a.qcow2') });
    for (const [source, target] of [
      [log, 'b.qcow2'],
      [folder.at('a.qcow2'), 'b.vmdk'],
      [folder.at('a.qcow2'), 'b.vdi'],
    ] as const) {
      const abort = new AbortController();
      const converting = convertDisk({ source, target: folder.at('out', target), signal: abort.signal });
      setTimeout(() => {
        abort.abort();
      }, 5);
      await expect(converting).rejects.toMatchObject({ code: 'job.cancelled' });
      expect(out()).toEqual([]);
    }
  });

  it('[V4] says why qemu-img could not read a file', async () => {
    const broken = folder.at('broken.qcow2');
    writeFileSync(broken, Buffer.concat([Buffer.from('QFI\xfb\0\0\0\x63', 'latin1'), Buffer.alloc(1016)]));
    await expect(convertDisk({ source: broken, target: folder.at('out', 'a.vmdk') })).rejects.toMatchObject({
      code: 'disk.not-a-disk',
      details: { file: broken },
    });
    expect(existsSync(join(folder.at('out'), 'a.vmdk'))).toBe(false);
  });
});
