import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRedoLog } from '../../../core/disk/create/create-redo-log.ts';
import { command } from '../../../core/nbd/protocol.ts';
import { contentOf, fingerprint, makeBase } from '../../support/disk-kit.ts';
import { NbdTestClient } from '../../support/nbd-client.ts';
import { serveDisk } from '../../support/redoubt-command.ts';
import { makeTempFolder, type TempFolder } from '../../support/temp-folder.ts';

let folder: TempFolder;
let base: string;
let socket: string;
beforeEach(async () => {
  folder = makeTempFolder();
  base = await makeBase(folder.at('disk.vmdk'));
  socket = folder.at('nbd.sock');
});
afterEach(() => {
  folder.remove();
});

/** Writes a byte over a sector through NBD, and reads what was there. */
async function strike(value: number): Promise<number> {
  const client = await NbdTestClient.open(socket);
  const before = await client.request({ type: command.read, lengthBytes: 512 });
  const { errno } = await client.request({ type: command.write, lengthBytes: 512 }, Buffer.alloc(512, value));
  client.close();
  expect(errno).toBe(0);
  return before.data[0] as number;
}

/** One session with one write; resolves with what was there before. */
async function serveAndStrike(value: number, ...args: string[]): Promise<{ before: number; redo: string | undefined }> {
  const served = await serveDisk(base, socket, ...args);
  const before = await strike(value);
  await served.stop();
  expect(existsSync(socket)).toBe(false);
  return { before, redo: served.redo };
}

describe('redoubt disk serve', () => {
  it('persistent writes the disk', async () => {
    expect(await serveAndStrike(1, '--mode', 'persistent')).toEqual({ before: 0, redo: undefined });
    expect((await serveAndStrike(2, '--mode', 'persistent')).before).toBe(1);
    expect(readdirSync(folder.path)).toEqual(['disk.vmdk']);
  });

  it('undoable keeps, goes on with what was kept, and discards or commits at the end', async () => {
    const before = fingerprint([base]);
    expect(await serveAndStrike(1, '--mode', 'undoable')).toEqual({ before: 0, redo: `${base}.REDO` });
    expect(await serveAndStrike(2, '--mode', 'undoable', '--at-end', 'discard')).toEqual({
      before: 1,
      redo: `${base}.REDO`,
    });
    expect(fingerprint([base])).toEqual(before);
    expect(readdirSync(folder.path)).toEqual(['disk.vmdk']);
    expect((await serveAndStrike(3, '--mode', 'undoable', '--at-end', 'commit')).before).toBe(0);
    expect(readdirSync(folder.path)).toEqual(['disk.vmdk']);
    expect((await serveAndStrike(4, '--mode', 'persistent')).before).toBe(3);
  }, 60_000);

  it('undoable makes a log in a folder, and goes on with one that is named', async () => {
    mkdirSync(folder.at('logs'));
    const first = await serveAndStrike(1, '--mode', 'undoable', '--redo-dir', folder.at('logs'));
    expect(first.redo).toMatch(/logs\/disk\.vmdk\.REDO_[0-9a-f]{6}$/);
    const content = await contentOf(first.redo ?? '');
    const second = await serveAndStrike(1, '--mode', 'undoable', '--redo', first.redo ?? '');
    expect(second).toEqual({ before: 1, redo: first.redo });
    expect(await contentOf(first.redo ?? '')).toBe(content);
  }, 60_000);

  it('nonpersistent leaves nothing anywhere', async () => {
    const before = fingerprint([base]);
    const { redo } = await serveAndStrike(1, '--mode', 'nonpersistent');
    expect(redo).toMatch(/redoubt-[^/]+\/disk\.vmdk\.REDO_[0-9a-f]{6}$/);
    expect(existsSync(join(redo ?? '', '..'))).toBe(false);
    expect(readdirSync(folder.path)).toEqual(['disk.vmdk']);
    expect(fingerprint([base])).toEqual(before);
  });

  it.each([[[]], [['--redo-dir']]])(
    'nonpersistent, killed, leaves what the next opening removes %s',
    async (option) => {
      mkdirSync(folder.at('logs'));
      const args = option.length === 0 ? [] : [...option, folder.at('logs')];
      const served = await serveDisk(base, socket, '--mode', 'nonpersistent', ...args);
      await strike(1);
      await served.kill();
      expect(existsSync(served.redo ?? '')).toBe(true);
      expect((await serveAndStrike(2, '--mode', 'persistent')).before).toBe(0);
      expect(existsSync(served.redo ?? '')).toBe(false);
      expect(existsSync(join(served.redo ?? '', '..'))).toBe(option.length > 0);
      expect(readdirSync(folder.at('logs'))).toEqual([]);
      expect(readdirSync(folder.path).sort()).toEqual(['disk.vmdk', 'logs']);
    },
  );

  it('undoable, killed, leaves what it wrote', async () => {
    const served = await serveDisk(base, socket, '--mode', 'undoable');
    await strike(1);
    const client = await NbdTestClient.open(socket);
    await client.request({ type: command.flush });
    client.close();
    await served.kill();
    expect((await serveAndStrike(2, '--mode', 'undoable')).before).toBe(1);
  });

  it('does not touch the log of a machine, nor a disk that is in use', async () => {
    const { file } = await createRedoLog({ parent: base, randomSuffix: false, owner: 'a'.repeat(32) });
    await expect(serveDisk(base, socket, '--mode', 'undoable')).rejects.toThrow(/disk\.redo-taken/);
    await expect(serveDisk(base, socket, '--mode', 'undoable', '--redo', file)).rejects.toThrow(/disk\.redo-taken/);
    const served = await serveDisk(base, socket, '--mode', 'nonpersistent');
    await expect(serveDisk(base, folder.at('other.sock'), '--mode', 'persistent')).rejects.toThrow(/disk\.locked/);
    await served.stop();
  }, 60_000);

  it('names the logs that what it writes would break', async () => {
    mkdirSync(folder.at('logs'));
    const { file: other } = await createRedoLog({ parent: base, directory: folder.at('logs'), randomSuffix: true });
    const undoable = await serveDisk(base, socket, '--mode', 'undoable', '--at-end', 'discard');
    expect(undoable.errors()).toBe('');
    await undoable.stop();
    const persistent = await serveDisk(base, socket, '--mode', 'persistent');
    expect(persistent.errors()).toContain(`Redo logs hang from ${base}`);
    expect(persistent.errors()).toContain(`  ${other}`);
    await strike(2);
    await persistent.stop();
    await expect(contentOf(other)).rejects.toMatchObject({ code: 'disk.parent-changed' });
  }, 60_000);

  it('answers clients that ask for structured replies with simple ones where it is told to', async () => {
    for (const [args, is] of [
      [[], 0],
      [['--simple-replies'], 1],
    ] as const) {
      const served = await serveDisk(base, socket, '--mode', 'persistent', ...args);
      const { stdout } = await promisify(execFile)('nbdinfo', ['--json', `nbd+unix:///?socket=${socket}`]);
      expect((JSON.parse(stdout) as { structured: boolean }).structured).toBe(is === 0);
      expect(await strike(1)).toBe(is);
      await served.stop();
    }
  }, 60_000);

  it('says with --json what it serves, in one document', async () => {
    const run = ['disk', 'serve', base, '--mode', 'undoable', '--json', '--socket', socket];
    const child = spawn(process.execPath, [join(import.meta.dirname, '../../../build/bin/redoubt.cjs'), ...run], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    await once(child.stdout, 'data');
    expect(JSON.parse(said)).toEqual({ socket, redo: `${base}.REDO` });
    child.kill('SIGTERM');
    await once(child, 'exit');
    expect(said.trim().split('\n')).toHaveLength(1);
  });

  it('the launcher runs from a clone', async () => {
    const launcher = join(import.meta.dirname, '../../../build/bin/redoubt.cjs');
    const { stdout } = await promisify(execFile)(process.execPath, [launcher, '--help']);
    expect(stdout).toContain('Usage: redoubt');
  });

  it.runIf(process.platform === 'linux')('[W8] has threads for reads of what is in no cache', async () => {
    const launcher = join(import.meta.dirname, '../../../build/bin/redoubt.cjs');
    const { UV_THREADPOOL_SIZE: _none, ...env } = process.env;
    const child = spawn(
      process.execPath,
      [launcher, 'disk', 'serve', base, '--mode', 'persistent', '--socket', socket],
      {
        env,
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    try {
      await once(child.stdout, 'data');
      expect(readdirSync(`/proc/${String(child.pid)}/task`).length).toBeGreaterThan(16);
    } finally {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
  });
});
