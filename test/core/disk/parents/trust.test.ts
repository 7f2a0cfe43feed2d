import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, linkSync, mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { approveFile } from '../../../../core/disk/parents/approvals.ts';
import { commitRedoLog } from '../../../../core/disk/commit/commit.ts';
import { createRedoLog } from '../../../../core/disk/create/create-redo-log.ts';
import { describeChain } from '../../../../core/disk/describe/describe.ts';
import { discardRedoLog } from '../../../../core/disk/discard.ts';
import { hostFiles } from '../../../../core/disk/files/disk-file.ts';
import type { CowdHeader } from '../../../../core/disk/formats/cowd/header.ts';
import { patchHeader } from '../../../../core/disk/formats/cowd/read-header.ts';
import { inspectChain } from '../../../../core/disk/describe/inspect.ts';
import type { OpenContext } from '../../../../core/disk/open-context.ts';
import { openDiskSession } from '../../../../core/disk/session/session.ts';
import { makeBase, makeLog, writeDisk } from '../../../support/disk-kit.ts';
import { makeTempFolder, type TempFolder } from '../../../support/temp-folder.ts';

let folder: TempFolder;
/** Where a stranger's files were unpacked. */
let stranger: string;
/** Somebody's disk elsewhere, with its own log beside it. */
let secret: string;
let settings: { settingsDirectory: string };
beforeEach(async () => {
  folder = makeTempFolder();
  stranger = folder.at('stranger');
  mkdirSync(stranger);
  mkdirSync(folder.at('own'));
  secret = await makeBase(folder.at('own', 'secret.vmdk'));
  settings = { settingsDirectory: folder.at('settings') };
});
afterEach(() => {
  folder.remove();
});

function patch(path: string, change: (header: CowdHeader) => CowdHeader): void {
  const file = hostFiles.open(path, true);
  try {
    patchHeader(file, change);
  } finally {
    file.close();
  }
}

/** A log in the stranger's folder whose header names any parent it likes. */
async function craftLog(storedName: string, relativePath = ''): Promise<string> {
  const base = await makeBase(join(stranger, 'own-base.vmdk'));
  const log = await makeLog(base);
  patch(log, (header) => {
    const { relativePath: _, ...record } = header.record ?? { contentId: '', linkId: '' };
    const parent = { storedName, generation: header.parent?.generation ?? 0 };
    return { ...header, parent, record: relativePath === '' ? record : { ...record, relativePath } };
  });
  for (const path of [base, `${base}.children`]) unlinkSync(path);
  return log;
}

/** Nothing of the engine opens the log, whatever is asked for. */
async function expectRefused(log: string, code: RegExp, context: OpenContext = settings): Promise<void> {
  const refusal = { code: expect.stringMatching(code) as string };
  await expect(inspectChain(log, context)).rejects.toMatchObject(refusal);
  await expect(openDiskSession({ file: log, mode: 'persistent', context })).rejects.toMatchObject(refusal);
  await expect(createRedoLog({ parent: log, randomSuffix: false, context })).rejects.toMatchObject(refusal);
  await expect(describeChain(log, folder.at('out'), context)).rejects.toMatchObject(refusal);
  await expect(commitRedoLog({ redo: log, context })).rejects.toMatchObject(refusal);
  expect(existsSync(`${log}.lck`)).toBe(false);
}

describe('a parent that a stranger’s header names', () => {
  it.each([
    ['a text', '/etc/passwd'],
    ['a device', '/dev/zero'],
    ['a terminal', '/dev/tty'],
    ['a memory of the kernel', '/proc/kcore'],
    ['a folder', '/etc'],
    ['nothing', '/nowhere/disk.vmdk'],
    ['a way up', '../../../../../../../../../../etc/passwd'],
    ['a way through a folder', './x/../../stranger/../../../../../etc/passwd'],
  ])('[P7] is refused where it is %s', async (_, path) => {
    await expectRefused(await craftLog(path), /^disk\.(not-a-disk|parent-missing|permission|not-found)$/);
    await expectRefused(
      await craftLogAgain('own-base.vmdk', path),
      /^disk\.(not-a-disk|parent-missing|permission|not-found)$/,
    );
  });

  async function craftLogAgain(storedName: string, relativePath: string): Promise<string> {
    rmSync(stranger, { recursive: true });
    mkdirSync(stranger);
    return await craftLog(storedName, relativePath);
  }

  it('[P7] is refused, without waiting, where it is a pipe or a socket', async () => {
    execFileSync('mkfifo', [join(stranger, 'pipe.vmdk')]);
    await expectRefused(await craftLog('pipe.vmdk'), /^disk\.not-a-disk$/);
    const server = createServer().listen(join(stranger, 'socket.vmdk'));
    await new Promise((resolve) => server.once('listening', resolve));
    try {
      await expectRefused(await craftLogAgainBeside('socket.vmdk'), /^disk\.not-a-disk$/);
    } finally {
      server.close();
    }
  });

  async function craftLogAgainBeside(storedName: string): Promise<string> {
    unlinkSync(join(stranger, 'own-base.vmdk.REDO'));
    return await craftLog(storedName);
  }

  it('[P7] is refused where symbolic links go round', async () => {
    symlinkSync('b.vmdk', join(stranger, 'a.vmdk'));
    symlinkSync('a.vmdk', join(stranger, 'b.vmdk'));
    await expectRefused(await craftLog('a.vmdk'), /^disk\.(loop|parent-missing)$/);
  });

  it.each([
    ['by name', () => secret, ''],
    ['by relative path', () => 'x', '../own/secret.vmdk'],
    ['by a way round', () => 'x', '../stranger/.././own/secret.vmdk'],
  ])('[P6] is refused where it is a disk elsewhere, %s', async (_, storedName, relativePath) => {
    await expectRefused(await craftLog(storedName(), relativePath), /^disk\.untrusted$/);
  });

  it('[P6] is refused where a symbolic link in the tree leads to it', async () => {
    symlinkSync(secret, join(stranger, 'innocent.vmdk'));
    await expectRefused(await craftLog('innocent.vmdk'), /^disk\.untrusted$/);
  });

  it('[P6] is refused where a linked folder leads to it', async () => {
    symlinkSync(folder.at('own'), join(stranger, 'disks'));
    await expectRefused(await craftLog('disks/secret.vmdk', 'disks/secret.vmdk'), /^disk\.untrusted$/);
  });

  it('[P6] is asked about once: an approval is by link id, and stays after a move', async () => {
    const log = await createRedoLog({
      parent: secret,
      directory: stranger,
      randomSuffix: true,
      context: { settingsDirectory: folder.at('elsewhere') },
    });
    await expect(inspectChain(log.file, settings)).rejects.toMatchObject({
      code: 'disk.untrusted',
      details: { file: log.file, path: secret },
    });
    approveFile(secret, settings);
    expect((await inspectChain(log.file, settings)).links).toHaveLength(2);
    mkdirSync(folder.at('moved'));
    renameSync(secret, folder.at('moved', 'secret.vmdk'));
    symlinkSync(folder.at('moved', 'secret.vmdk'), secret);
    expect((await inspectChain(log.file, settings)).links).toHaveLength(2);
  });

  it('[P6] that is named on the command line is approved by that, where that is wanted', async () => {
    const { file } = await createRedoLog({
      parent: secret,
      directory: stranger,
      randomSuffix: true,
      context: { settingsDirectory: folder.at('elsewhere') },
    });
    await inspectChain(file, { ...settings, trustedPaths: [secret] });
    await expect(inspectChain(file, settings)).rejects.toMatchObject({ code: 'disk.untrusted' });
    await inspectChain(file, { ...settings, trustedPaths: [secret], keepsApprovals: true });
    expect((await inspectChain(file, settings)).links).toHaveLength(2);
  });
});

describe('a later file of a disk', () => {
  let base: string;
  beforeEach(async () => {
    base = await makeBase(join(stranger, 'disk.vmdk'), { capacityBytes: 4 * 2 ** 30 });
  });

  it('[P8] that is a symbolic link out of the tree is refused', async () => {
    const second = join(stranger, 'disk-02.vmdk');
    renameSync(second, folder.at('own', 'disk-02.vmdk'));
    symlinkSync(folder.at('own', 'disk-02.vmdk'), second);
    for (const attempt of [
      inspectChain(base, settings),
      openDiskSession({ file: base, mode: 'persistent', context: settings }),
      createRedoLog({ parent: base, randomSuffix: false, context: settings }),
    ]) {
      await expect(attempt).rejects.toMatchObject({
        code: 'disk.untrusted',
        details: { file: base, path: folder.at('own', 'disk-02.vmdk') },
      });
    }
    expect(existsSync(`${base}.lck`)).toBe(false);
    await inspectChain(base, { ...settings, trustedPaths: [folder.at('own')] });
    approveFile(folder.at('own', 'disk-02.vmdk'), settings);
    expect((await inspectChain(base, settings)).links[0]?.files).toHaveLength(3);
  });

  it('[P8] may be a symbolic link within the tree', async () => {
    mkdirSync(join(stranger, 'parts'));
    renameSync(join(stranger, 'disk-03.vmdk'), join(stranger, 'parts', 'disk-03.vmdk'));
    symlinkSync('parts/disk-03.vmdk', join(stranger, 'disk-03.vmdk'));
    expect((await inspectChain(base, settings)).links).toHaveLength(1);
  });

  it('[P7] is refused where it is a device or a pipe', async () => {
    const second = join(stranger, 'disk-02.vmdk');
    unlinkSync(second);
    execFileSync('mkfifo', [second]);
    await expect(inspectChain(base, settings)).rejects.toMatchObject({ code: 'disk.not-a-disk' });
    unlinkSync(second);
    symlinkSync('/dev/zero', second);
    await expect(inspectChain(base, settings)).rejects.toMatchObject({ code: 'disk.not-a-disk' });
  });
});

describe('a disk that a configuration names', () => {
  let context: OpenContext;
  beforeEach(() => {
    context = { ...settings, configDirectory: stranger, configFile: join(stranger, 'm.vmx') };
  });

  it('[P9] is trusted in the configuration’s folder, at any depth', async () => {
    mkdirSync(join(stranger, 'disks'));
    const base = await makeBase(join(stranger, 'disks', 'disk.vmdk'));
    await (await openDiskSession({ file: base, mode: 'persistent', context })).close();
  });

  it('[P9] is refused elsewhere until it is approved, also through a link', async () => {
    symlinkSync(secret, join(stranger, 'disk.vmdk'));
    for (const file of [secret, join(stranger, 'disk.vmdk')]) {
      const refusal = { code: 'disk.untrusted', details: { file: join(stranger, 'm.vmx'), path: secret } };
      await expect(inspectChain(file, context)).rejects.toMatchObject(refusal);
      await expect(openDiskSession({ file, mode: 'persistent', context })).rejects.toMatchObject(refusal);
      await expect(createRedoLog({ parent: file, randomSuffix: true, context })).rejects.toMatchObject(refusal);
    }
    approveFile(secret, settings);
    await (await openDiskSession({ file: secret, mode: 'persistent', context })).close();
  });

  it('[P9] is nothing to discard or to commit where it is a log elsewhere', async () => {
    const log = await makeLog(secret);
    await writeDisk(secret, log, [[0, 1]]);
    const refusal = { code: 'disk.untrusted' };
    await expect(discardRedoLog({ redo: log, context, force: true })).rejects.toMatchObject(refusal);
    await expect(commitRedoLog({ redo: log, context })).rejects.toMatchObject(refusal);
    expect(existsSync(log)).toBe(true);
  });

  it('[P9] has logs that this product made elsewhere, without being asked about them', async () => {
    mkdirSync(folder.at('logs'));
    const base = await makeBase(join(stranger, 'disk.vmdk'));
    const { file } = await createRedoLog({ parent: base, directory: folder.at('logs'), randomSuffix: true, context });
    await (await openDiskSession({ file: base, mode: 'undoable', redo: file, context })).close();
    await discardRedoLog({ redo: file, context });
    expect(existsSync(file)).toBe(false);
  });

  it('[P9] has a log that this product made beside a disk that was approved elsewhere', async () => {
    approveFile(secret, settings);
    const { file } = await createRedoLog({ parent: secret, randomSuffix: false, context });
    await (await openDiskSession({ file: secret, mode: 'undoable', redo: file, context })).close();
    await discardRedoLog({ redo: file, context });
    expect(existsSync(file)).toBe(false);
  });
});

describe('plain data', () => {
  const flat = (sectors: number, path: string): string =>
    [
      '# Disk DescriptorFile',
      'version=1',
      'CID=12345678',
      'parentCID=ffffffff',
      'createType="monolithicFlat"',
      '',
      `RW ${String(sectors)} FLAT "${path}" 0`,
      'ddb.adapterType = "ide"',
      '',
    ].join('\n');

  it('[P9] in the folder of a configuration needs an approval too, by its path', async () => {
    const raw = join(stranger, 'disk.raw');
    writeFileSync(raw, Buffer.alloc(8192, 1));
    const context = { ...settings, configDirectory: stranger };
    await expect(inspectChain(raw, context)).rejects.toMatchObject({ code: 'disk.untrusted', details: { path: raw } });
    expect((await inspectChain(raw, settings)).links).toHaveLength(1);
    approveFile(raw, settings);
    expect((await inspectChain(raw, context)).links).toHaveLength(1);
    renameSync(raw, join(stranger, 'other.raw'));
    await expect(inspectChain(join(stranger, 'other.raw'), context)).rejects.toMatchObject({ code: 'disk.untrusted' });
  });

  it('[P6] is no parent without an approval, beside the log or not', async () => {
    const raw = join(stranger, 'disk.raw');
    writeFileSync(raw, Buffer.alloc(8192, 1));
    const { file } = await createRedoLog({ parent: raw, randomSuffix: false, context: settings });
    expect((await inspectChain(file, settings)).links).toHaveLength(2);
    const other = { settingsDirectory: folder.at('other') };
    await expect(inspectChain(file, other)).rejects.toMatchObject({ code: 'disk.untrusted', details: { path: raw } });
    expect((await inspectChain(file, { ...other, trustedPaths: [raw] })).links).toHaveLength(2);
  });

  it.each([
    ['by a path', () => folder.at('own', 'data.raw')],
    ['by a way up', () => '../own/data.raw'],
    ['by a link', () => 'link.raw'],
  ])('[P8] that a descriptor names outside its folder is refused, %s', async (_, path) => {
    writeFileSync(folder.at('own', 'data.raw'), Buffer.alloc(8192, 7));
    symlinkSync(folder.at('own', 'data.raw'), join(stranger, 'link.raw'));
    const file = join(stranger, 'flat.vmdk');
    writeFileSync(file, flat(16, path()));
    for (const attempt of [
      inspectChain(file, settings),
      openDiskSession({ file, mode: 'persistent', context: settings }),
      createRedoLog({ parent: file, randomSuffix: false, context: settings }),
    ])
      await expect(attempt).rejects.toMatchObject({ code: 'disk.untrusted' });
    await inspectChain(file, { ...settings, trustedPaths: [folder.at('own')] });
    approveFile(folder.at('own', 'data.raw'), settings);
    expect((await inspectChain(file, settings)).links).toHaveLength(1);
  });

  it('[P7] that a descriptor names is refused where it is a device or a pipe', async () => {
    const file = join(stranger, 'flat.vmdk');
    execFileSync('mkfifo', [join(stranger, 'pipe')]);
    for (const path of ['/dev/zero', 'pipe', '/dev/tty']) {
      writeFileSync(file, flat(16, path));
      await expect(inspectChain(file, settings)).rejects.toMatchObject({
        code: expect.stringMatching(/^disk\.(not-a-disk|untrusted|segment-missing|corrupt)$/) as string,
      });
    }
  });
});

it('[P7] a pipe that a descriptor names is not even opened', async () => {
  const file = join(stranger, 'flat.vmdk');
  writeFileSync(file, `# Disk DescriptorFile\nversion=1\nCID=1\ncreateType="monolithicFlat"\nRW 16 FLAT "pipe" 0\n`);
  execFileSync('mkfifo', [join(stranger, 'pipe')]);
  // Whoever opens it for writing waits until somebody opens it for reading.
  const writer = spawn('sh', ['-c', 'echo waiting; : > pipe; : > opened'], { cwd: stranger, detached: true });
  await once(writer.stdout, 'data');
  await new Promise((resolve) => setTimeout(resolve, 200));
  await expect(inspectChain(file, settings)).rejects.toMatchObject({ code: 'disk.not-a-disk' });
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(existsSync(join(stranger, 'opened'))).toBe(false);
  process.kill(-(writer.pid as number), 'SIGKILL');
});

describe('a file with several names', () => {
  it('[L9] is read, and not written', async () => {
    const other = folder.at('own', 'other.vmdk');
    linkSync(secret, other);
    await expect(openDiskSession({ file: other, mode: 'persistent', context: settings })).rejects.toMatchObject({
      code: 'disk.unsupported',
      details: { file: other },
    });
    const log = await makeLog(secret);
    await writeDisk(secret, log, [[0, 1]]);
    await expect(commitRedoLog({ redo: log, context: settings })).rejects.toMatchObject({ code: 'disk.unsupported' });
  });
});
