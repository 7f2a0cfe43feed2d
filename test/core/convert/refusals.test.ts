import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { convertDisk } from '../../../core/convert/convert.ts';
import { askInfo, runConvert } from '../../../core/convert/qemu-img.ts';
import { RawFileDevice } from '../../../core/convert/raw-file-device.ts';
import { commitToCopy } from '../../../core/disk/commit/commit-to-copy.ts';
import { inSession, makeBase, makeLog, mib, read, writeDisk } from '../../support/disk-kit.ts';
import { makeTempFolder, type TempFolder } from '../../support/temp-folder.ts';
import { hasTools } from '../../support/tools.ts';

let folder: TempFolder;
let base: string;
beforeEach(async () => {
  folder = makeTempFolder();
  mkdirSync(folder.at('out'));
  base = await makeBase(folder.at('disk.vmdk'));
  await writeDisk(base, undefined, [[0, 1, 3 * mib]]);
});
afterEach(() => {
  folder.remove();
});

function out(...names: string[]): string {
  return folder.at('out', ...names);
}

/** A file system of 2 MiB at `path`, or `false` where none can be mounted. */
function mountSmall(path: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', path], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

async function expectRefused(request: Parameters<typeof convertDisk>[0], error: object): Promise<void> {
  await expect(convertDisk(request)).rejects.toMatchObject(error);
  expect(readdirSync(out())).toEqual([]);
}

describe('a conversion refuses', () => {
  it('[B1] a disk or a log that has lost its magic, and takes it for plain data under another name', async () => {
    const bytes = readFileSync(base).fill('X', 0, 4);
    for (const name of ['lost.vmdk', 'lost.vmdk.REDO']) {
      writeFileSync(folder.at(name), bytes);
      await expectRefused(
        { source: folder.at(name), target: out('a.raw') },
        { code: 'disk.not-a-disk', details: { file: folder.at(name) } },
      );
    }
    writeFileSync(folder.at('lost'), bytes);
    await convertDisk({ source: folder.at('lost'), target: out('a.raw') });
    expect(readFileSync(out('a.raw')).equals(bytes)).toBe(true);
  });

  it('[B1] names that are too long, or that a descriptor could not say', async () => {
    await expectRefused({ source: base, target: out(`${'n'.repeat(300)}.raw`) }, { code: 'disk.bad-name' });
    for (const name of [`${'n'.repeat(250)}.vmdk`, 'a"b.vmdk', 'a\nb.vmdk'])
      for (const format of ['monolithicFlat', 'twoGbMaxExtentFlat', 'streamOptimized', 'cowd'] as const)
        await expectRefused({ source: base, target: out(name), format }, { code: 'disk.bad-name' });
    const longest = out(`${'n'.repeat(251)}.raw`);
    await convertDisk({ source: base, target: longest });
    expect(readdirSync(out())).toEqual([`${'n'.repeat(251)}.raw`]);
  });

  it('[V4] what has no room, and names the file that was asked for', async (test) => {
    if (!mountSmall(out())) test.skip('no tmpfs can be mounted here');
    try {
      const formats = hasTools('qemu-img') ? (['cowd', 'vmdk', 'raw', 'qcow2'] as const) : (['cowd', 'raw'] as const);
      const target = out('a.vmdk');
      const message = expect.stringMatching(/^[^.]*\/out\/a\.vmdk\.$/) as string;
      const refusal = { code: 'disk.no-space', message, details: { file: target } };
      for (const format of formats) await expectRefused({ source: base, target, format }, refusal);
      await expect(commitToCopy({ redo: await makeLog(base), file: target })).rejects.toMatchObject(refusal);
      expect(readdirSync(out())).toEqual([]);
    } finally {
      execFileSync('umount', [out()]);
    }
  });
});

it('[X1] a conversion to the dialect of ESX splits what is large behind a descriptor, unless it is told not to', async () => {
  const large = await makeBase(folder.at('large.vmdk'), { capacityBytes: 3 * 2 ** 30 });
  await writeDisk(large, undefined, [[2.5 * 2 ** 30, 1]]);
  const made = await convertDisk({ source: large, target: out('a.vmdk'), dialect: 'esx' });
  expect(made.files).toEqual([out('a.vmdk'), out('a-s001.vmdk'), out('a-s002.vmdk')]);
  const end = await inSession({ file: out('a.vmdk'), mode: 'persistent' }, (device) =>
    read(device, 2.5 * 2 ** 30, 6000),
  );
  expect([...new Set(end.subarray(0, 5000)), ...new Set(end.subarray(5000))]).toEqual([1, 0]);
  const one = await convertDisk({ source: large, target: out('b.vmdk'), dialect: 'esx', split: false });
  expect(one.files).toEqual([out('b.vmdk')]);
});

describe.skipIf(!hasTools('qemu-img'))('a disk of another program', () => {
  let hostile: string;
  let secret: string;
  beforeEach(() => {
    mkdirSync(folder.at('stranger'));
    hostile = folder.at('stranger', 'a.qcow2');
    secret = folder.at('secret');
    writeFileSync(secret, Buffer.alloc(mib, 's'));
  });

  function create(...args: string[]): void {
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', ...args], { cwd: folder.at('stranger') });
  }

  it('[P6] has its backing file looked at as what the header says it is, whatever it begins with', async () => {
    const text = `?\nversion=1\nCID=12345678\nparentCID=ffffffff\ncreateType="monolithicFlat"\nRW 2048 FLAT "${secret}" 0\n`;
    writeFileSync(folder.at('stranger', 'notes.txt'), text);
    create('-u', '-F', 'vmdk', '-b', 'notes.txt', hostile, '1M');
    await expectRefused(
      { source: hostile, target: out('a.raw') },
      { code: 'disk.untrusted', details: { path: secret } },
    );
  });

  it('[P6] may not name a device of qemu-img as its backing file, whatever folders are beside it', async () => {
    mkdirSync(folder.at('stranger', 'host_device:', 'dev'), { recursive: true });
    writeFileSync(folder.at('stranger', 'host_device:', 'dev', 'null'), Buffer.alloc(mib));
    create('-u', '-F', 'raw', '-b', 'host_device:/dev/null', hostile, '1M');
    await expectRefused({ source: hostile, target: out('a.raw') }, { code: 'disk.untrusted' });
  });

  it('[P6] has its data beside it, wherever it is converted from', async () => {
    create('-o', 'data_file=data.raw,data_file_raw=on', 'a.qcow2', '1M');
    writeFileSync(folder.at('stranger', 'data.raw'), Buffer.alloc(mib, 'd'));
    mkdirSync(folder.at('elsewhere'));
    writeFileSync(folder.at('elsewhere', 'data.raw'), readFileSync(secret));
    const before = process.cwd();
    process.chdir(folder.at('elsewhere'));
    try {
      await convertDisk({ source: hostile, target: out('a.raw') });
    } finally {
      process.chdir(before);
    }
    expect(new Set(readFileSync(out('a.raw')))).toEqual(new Set(Buffer.from('d')));
  });

  it('[V3] is read as such under the name of a disk of ours', async () => {
    writeFileSync(folder.at('want.raw'), Buffer.alloc(mib, 7));
    execFileSync('qemu-img', ['convert', '-O', 'qcow2', folder.at('want.raw'), folder.at('foreign.vmdk')]);
    await convertDisk({ source: folder.at('foreign.vmdk'), target: out('a.raw') });
    expect(readFileSync(out('a.raw')).equals(readFileSync(folder.at('want.raw')))).toBe(true);
    truncateSync(folder.at('foreign.vmdk'), 100);
    await expect(convertDisk({ source: folder.at('foreign.vmdk'), target: out('b.raw') })).rejects.toMatchObject({
      details: { file: folder.at('foreign.vmdk') },
    });
    expect(readdirSync(out())).toEqual(['a.raw']);
  });
});

describe('a qemu-img that fails', () => {
  const ends = { source: '/a.qcow2', target: '/a.raw' };
  let path: string | undefined;
  beforeEach(() => {
    path = process.env['PATH'];
    process.env['PATH'] = folder.at('bin');
    mkdirSync(folder.at('bin'));
  });
  afterEach(() => {
    process.env['PATH'] = path;
  });
  const program = (text: string) => {
    writeFileSync(folder.at('bin', 'qemu-img'), text, { mode: 0o755 });
  };

  it('[V4] to start is named', async () => {
    program('#!/nonexistent\n');
    await expect(runConvert(['a', 'b'], ends, {})).rejects.toMatchObject({
      code: 'disk.io',
      details: { operation: 'convert', errno: 'ENOENT' },
    });
  });

  it('[V2] to end by itself is ended, also where it was told to stop while it started', async () => {
    program('#!/bin/sh\nexec /bin/sleep 20\n');
    const stop = new AbortController();
    const from = performance.now();
    const conversion = runConvert(['a', 'b'], ends, { signal: stop.signal });
    stop.abort();
    await expect(conversion).rejects.toMatchObject({ code: 'job.cancelled' });
    expect(performance.now() - from).toBeLessThan(10_000);
  });

  it('[V4] to say what a file is, is not taken at its word', async () => {
    program('#!/bin/sh\necho "{"\n');
    await expect(askInfo(base, folder.path)).rejects.toMatchObject({
      code: 'disk.not-a-disk',
      details: { file: base },
    });
  });
});

it.skipIf(process.platform !== 'linux')('[V4] a raw file that can not be as long as the disk is let go of', () => {
  const before = readdirSync('/proc/self/fd').length;
  expect(() => RawFileDevice.create(out('a.raw'), 2 ** 53 - 512)).toThrow(expect.objectContaining({ code: 'disk.io' }));
  expect(readdirSync('/proc/self/fd')).toHaveLength(before);
});
