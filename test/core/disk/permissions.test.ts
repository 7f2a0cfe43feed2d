import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commitRedoLog } from '../../../core/disk/commit/commit.ts';
import type { CommitPoint } from '../../../core/disk/commit/commit-steps.ts';
import { inspectChain } from '../../../core/disk/describe/inspect.ts';
import { protectDisk, unprotectDisk } from '../../../core/disk/protect.ts';
import { openDiskSession } from '../../../core/disk/session/session.ts';
import { asNobody, canRunAsNobody } from '../../support/as-nobody.ts';
import { fingerprint, inSession, makeBase, makeLog, read } from '../../support/disk-kit.ts';
import { makeTempFolder, type TempFolder } from '../../support/temp-folder.ts';

const isPossible = canRunAsNobody();

let folder: TempFolder;
beforeEach(() => {
  folder = makeTempFolder();
  chmodSync(folder.path, 0o755);
});
afterEach(() => {
  chmodSync(folder.path, 0o755);
  folder.remove();
});

/** A folder that belongs to whoever `asNobody` is. */
function ownFolder(name: string): string {
  const path = folder.at(name);
  mkdirSync(path);
  if (process.getuid?.() === 0) chownSync(path, 65534, 65534);
  return path;
}

/** A folder that nobody may write; for a user who is not the superuser his own folder without write bits. */
function closedFolder(name: string): string {
  const path = folder.at(name);
  mkdirSync(path);
  return path;
}

describe('protection', () => {
  it('[R4] takes every write bit of every segment and gives the owner’s back', async () => {
    const base = await makeBase(folder.at('disk.vmdk'), { capacityBytes: 4 * 2 ** 30 });
    const files = ['disk.vmdk', 'disk-02.vmdk', 'disk-03.vmdk'].map((name) => folder.at(name));
    expect(await protectDisk(base)).toEqual(files);
    expect(files.map((file) => statSync(file).mode & 0o777)).toEqual([0o444, 0o444, 0o444]);
    expect(await protectDisk(base)).toEqual(files);
    expect(await unprotectDisk(base)).toEqual(files);
    expect(files.map((file) => statSync(file).mode & 0o777)).toEqual([0o644, 0o644, 0o644]);
  });

  it('[R4] waits for no writer, and a later segment is not the disk', async () => {
    const base = await makeBase(folder.at('disk.vmdk'), { capacityBytes: 4 * 2 ** 30 });
    const session = await openDiskSession({ file: base, mode: 'persistent' });
    await expect(protectDisk(base)).rejects.toMatchObject({ code: 'disk.locked' });
    await session.close();
    await expect(protectDisk(folder.at('disk-02.vmdk'))).rejects.toMatchObject({ code: 'disk.segment-picked' });
  });

  it('[R4] changes nothing where a file is missing, or leads out of the folder', async () => {
    const base = await makeBase(folder.at('disk.vmdk'), { capacityBytes: 4 * 2 ** 30 });
    const modes = () => readdirSync(folder.path).map((name) => statSync(folder.at(name)).mode & 0o777);
    mkdirSync(folder.at('elsewhere'));
    renameSync(folder.at('disk-02.vmdk'), folder.at('elsewhere', 'x.vmdk'));
    await expect(protectDisk(base)).rejects.toMatchObject({ code: 'disk.not-found' });
    mkdirSync(folder.at('machine'));
    renameSync(base, folder.at('machine', 'disk.vmdk'));
    renameSync(folder.at('disk-03.vmdk'), folder.at('machine', 'disk-03.vmdk'));
    symlinkSync(folder.at('elsewhere', 'x.vmdk'), folder.at('machine', 'disk-02.vmdk'));
    const before = modes();
    for (const act of [protectDisk, unprotectDisk]) {
      await expect(act(folder.at('machine', 'disk.vmdk'))).rejects.toMatchObject({
        code: 'disk.untrusted',
        details: { path: folder.at('elsewhere', 'x.vmdk') },
      });
    }
    expect(modes()).toEqual(before);
    await protectDisk(folder.at('machine', 'disk.vmdk'), { trustedPaths: [folder.path] });
    expect(statSync(folder.at('elsewhere', 'x.vmdk')).mode & 0o222).toBe(0);
  });

  it('[R4] works in a folder that is read-only, and on a base that others run on', async () => {
    const base = await makeBase(folder.at('disk.vmdk'));
    const log = await makeLog(base);
    const session = await openDiskSession({ file: base, mode: 'undoable', redo: log });
    await protectDisk(base);
    expect(statSync(base).mode & 0o222).toBe(0);
    await session.close();
    chmodSync(folder.path, 0o555);
    await unprotectDisk(base);
    await protectDisk(base);
    chmodSync(folder.path, 0o755);
    expect(statSync(base).mode & 0o222).toBe(0);
    expect(readdirSync(folder.path).filter((name) => name.endsWith('.lck'))).toEqual([]);
  });

  it.skipIf(process.getuid?.() !== 0 || !isPossible)('[R4] takes all files or none', async () => {
    const home = ownFolder('home');
    const base = await makeBase(`${home}/disk.vmdk`, { capacityBytes: 4 * 2 ** 30 });
    // The third and the first are his, the second is not.
    for (const name of ['disk.vmdk', 'disk-03.vmdk']) chownSync(`${home}/${name}`, 65534, 65534);
    const [answer] = await asNobody(home, { call: 'protect', file: base });
    expect(answer?.error).toMatchObject({ code: 'disk.permission', details: { file: `${home}/disk-02.vmdk` } });
    for (const name of ['disk.vmdk', 'disk-02.vmdk', 'disk-03.vmdk'])
      expect(statSync(`${home}/${name}`).mode & 0o777).toBe(0o644);
  });

  it.skipIf(process.getuid?.() !== 0 || !isPossible)('[R4] is the owner’s right', async () => {
    const base = await makeBase(folder.at('disk.vmdk'));
    const [answer] = await asNobody(ownFolder('home'), { call: 'protect', file: base });
    expect(answer?.error).toMatchObject({ code: 'disk.permission', details: { file: base } });
  });
});

describe.skipIf(!isPossible)('a user without rights', () => {
  it('[L5] shares a base in a folder that is not his', async () => {
    const closed = closedFolder('bases');
    const base = await makeBase(`${closed}/disk.vmdk`);
    chmodSync(base, 0o444);
    chmodSync(closed, 0o555);
    const before = fingerprint([base]);
    const own = ownFolder('machine');
    const [made, written, refused, discarded] = await asNobody(
      own,
      { call: 'log', request: { parent: base, directory: own, randomSuffix: true } },
      { call: 'write', request: { file: base, mode: 'undoable', redo: '$log' } },
      { call: 'commit', redo: '$log' },
      { call: 'discard', redo: '$log' },
    );
    expect((made?.ok as { file: string }).file).toMatch(/REDO_[0-9a-f]{6}$/);
    expect(written).toEqual({ ok: null });
    expect(refused?.error?.code).toMatch(/^disk\.(permission|read-only)$/);
    expect(discarded).toEqual({ ok: null });
    expect(fingerprint([base])).toEqual(before);
    expect(readdirSync(closed)).toEqual(['disk.vmdk']);
    expect(readdirSync(own)).toEqual(['home-of-nobody']);
    chmodSync(closed, 0o755);
  }, 60_000);

  it('[C14] can’t commit where there is no place for a journal, and makes a new copy instead', async () => {
    const closed = closedFolder('bases');
    const base = await makeBase(`${closed}/disk.vmdk`);
    chmodSync(base, 0o666);
    chmodSync(closed, 0o555);
    const own = ownFolder('machine');
    const before = fingerprint([base]);
    const [, written, refused, copied] = await asNobody(
      own,
      { call: 'log', request: { parent: base, directory: own, randomSuffix: true } },
      { call: 'write', request: { file: base, mode: 'undoable', redo: '$log' } },
      { call: 'commit', redo: '$log' },
      { call: 'copy', redo: '$log', file: `${own}/copy.vmdk` },
    );
    expect(written).toEqual({ ok: null });
    const operation = 'keep a commit journal beside';
    expect(refused?.error).toMatchObject({ code: 'disk.permission', details: { file: base, operation } });
    expect(refused?.error?.message).toContain('--to-copy');
    expect(copied?.ok).toMatchObject({ file: `${own}/copy.vmdk` });
    expect(fingerprint([base])).toEqual(before);
    const start = await inSession({ file: `${own}/copy.vmdk`, mode: 'persistent' }, (device) => read(device, 0, 512));
    expect(start).toEqual(new Uint8Array(512).fill(1));
    expect(readdirSync(own).some((name) => name.includes('.REDO_'))).toBe(true);
    chmodSync(closed, 0o755);
  }, 60_000);

  it('[C15] [O8] commits a log from which one hangs that he may not read, if that is meant', async () => {
    const own = ownFolder('machine');
    const base = await makeBase(`${own}/disk.vmdk`);
    const log = await makeLog(base);
    const nested = await makeLog(log);
    for (const file of [base, log]) if (process.getuid?.() === 0) chownSync(file, 65534, 65534);
    chmodSync(nested, process.getuid?.() === 0 ? 0o600 : 0o200);
    const [refused, broken] = await asNobody(
      own,
      { call: 'commit', redo: log },
      { call: 'commit', redo: log, dependents: 'break' },
    );
    expect(refused?.error).toMatchObject({ code: 'disk.has-dependents', details: { dependents: [{ path: nested }] } });
    expect(broken?.ok).toMatchObject({ parent: base });
    expect(readdirSync(own).filter((name) => name.startsWith('disk.vmdk') && !name.endsWith('.children'))).toEqual([
      'disk.vmdk',
      'disk.vmdk.REDO.REDO',
    ]);
  }, 60_000);

  it('[C4] [S5] finishes a commit beside logs that he may not read, or that are protected by now', async () => {
    const own = ownFolder('machine');
    const base = await makeBase(`${own}/disk.vmdk`);
    const closed = closedFolder('logs');
    await makeLog(base, { directory: closed });
    const log = await makeLog(base);
    const nested = await makeLog(log);
    const stop = new Error('stop');
    const reached = (here: CommitPoint) => {
      if (here === 'nested') throw stop;
    };
    await expect(commitRedoLog({ redo: log, dependents: 'preserve' }, { reached })).rejects.toBe(stop);
    chmodSync(nested, 0o444);
    for (const name of readdirSync(own)) if (process.getuid?.() === 0) chownSync(`${own}/${name}`, 65534, 65534);
    // The list names what lies there.
    chmodSync(closed, process.getuid?.() === 0 ? 0o700 : 0);
    const [committed] = await asNobody(own, { call: 'commit', redo: log });
    chmodSync(closed, 0o755);
    expect(committed?.ok).toMatchObject({ parent: base });
    expect(readdirSync(own).filter((name) => name.includes('.commit') || name === 'disk.vmdk.REDO')).toEqual([]);
    expect((await inspectChain(nested)).links.map(({ path }) => path)).toEqual([nested, base]);
  }, 60_000);

  it('[B1] is told where he can’t write, and nothing has changed', async () => {
    const closed = closedFolder('bases');
    const base = await makeBase(`${closed}/disk.vmdk`);
    chmodSync(closed, 0o555);
    const own = ownFolder('machine');
    const before = fingerprint([base]);
    const [beside, fresh, persistent] = await asNobody(
      own,
      { call: 'log', request: { parent: base, randomSuffix: false } },
      { call: 'base', request: { file: `${closed}/new.vmdk`, capacityBytes: 2 ** 20, split: true, bus: 'ide' } },
      { call: 'write', request: { file: base, mode: 'persistent' } },
    );
    expect(beside?.error).toMatchObject({
      code: 'disk.redo-directory',
      details: { directory: closed, reason: 'not-writable' },
    });
    expect(fresh?.error).toMatchObject({ code: 'disk.permission' });
    expect(persistent?.error?.code).toMatch(/^disk\.(permission|read-only)$/);
    expect(fingerprint([base])).toEqual(before);
    expect(readdirSync(closed)).toEqual(['disk.vmdk']);
    chmodSync(closed, 0o755);
  }, 60_000);

  it('[V5] makes disks beside what another user is making, or was killed in', async () => {
    const own = ownFolder('machine');
    const other = `${own}/.redoubt-staging-0123456789ab`;
    mkdirSync(other);
    writeFileSync(`${other}/.lock`, '{}');
    chmodSync(other, process.getuid?.() === 0 ? 0o700 : 0);
    const request = { capacityBytes: 2 ** 20, split: false, bus: 'ide' } as const;
    const answers = await asNobody(
      own,
      { call: 'base', request: { ...request, file: `${own}/vmdk4.vmdk`, format: 'vmdk' } },
      { call: 'base', request: { ...request, file: `${own}/full.vmdk`, allocateNow: true } },
    );
    chmodSync(other, 0o700);
    expect(answers).toMatchObject([{ ok: { files: [`${own}/vmdk4.vmdk`] } }, { ok: { files: [`${own}/full.vmdk`] } }]);
    expect(readdirSync(other)).toEqual(['.lock']);
  }, 60_000);

  it('[B1] is told when he may not read', async () => {
    const base = await makeBase(folder.at('disk.vmdk'));
    await makeLog(base);
    chmodSync(base, 0o000);
    const [answer] = await asNobody(ownFolder('home'), { call: 'inspect', file: `${base}.REDO` });
    expect(answer?.error).toMatchObject({ code: 'disk.permission', details: { file: base } });
  });
});
