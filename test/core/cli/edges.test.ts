import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { endChild, startChild } from '../../../core/base/child-process.ts';
import { chooseRedoLog } from '../../../core/cli/disk/serve-redo-log.ts';
import { runCommandLine } from '../../../core/cli/run.ts';
import { commitRedoLog } from '../../../core/disk/commit/commit.ts';
import { makeBase, makeLog, writeDisk } from '../../support/disk-kit.ts';
import { makeTempFolder, type TempFolder } from '../../support/temp-folder.ts';
import { hasTools } from '../../support/tools.ts';

let folder: TempFolder;
let base: string;
beforeEach(async () => {
  folder = makeTempFolder();
  base = await makeBase(folder.at('disk.vmdk'));
});
afterEach(() => {
  folder.remove();
});

/** Runs a command before a person's eyes, or for a program. */
async function redoubt(isTerminal: boolean, ...args: string[]): Promise<{ status: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const status = await runCommandLine(args, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    isTerminal,
  });
  return { status, out, err };
}

/** What stays on a screen. */
function seen(text: string): string {
  return text
    .split('\n')
    .map((line) => line.split('\r\u001b[K').at(-1))
    .join('\n');
}

describe('the command line', () => {
  it('refuses a commit in one line', async () => {
    const log = await makeLog(base);
    chmodSync(base, 0o444);
    for (const isTerminal of [true, false]) {
      const { status, err } = await redoubt(isTerminal, 'disk', 'commit', log);
      expect(status).toBe(1);
      expect(err).toMatch(/^redoubt: disk\.read-only: [^\n]*\n$/);
    }
  });

  it('lets no name in an error speak to the terminal', async () => {
    const { status, err } = await redoubt(true, 'disk', 'info', folder.at('a\u001b[2Jb\rc\u009b2Jd.vmdk'));
    expect(status).toBe(1);
    expect(err).toMatch(/^redoubt: disk\.not-found: .*a\?\[2Jb\?c\?2Jd\.vmdk does not exist\.\n$/);
  });

  it('lets no name in a report speak to the terminal, and prints names for programs as they are', async () => {
    const name = 'a\u001b[2Jb\nc.vmdk';
    renameSync(base, folder.at(name));
    const log = folder.at(`${name}.REDO`);
    expect((await redoubt(true, 'disk', 'redo', folder.at(name))).out).toBe(`${log}\n`);
    for (const command of ['info', 'shrink', 'commit']) {
      const { status, out } = await redoubt(true, 'disk', command, log);
      expect(status).toBe(0);
      expect(out).toContain('a?[2Jb c.vmdk');
      expect(out).not.toContain('\u001b');
    }
    const { err } = await redoubt(true, 'disk', 'create', folder.at('x\ny.vmdk'), '--size', '1M');
    expect(err).toMatch(/^redoubt: disk\.bad-name: .* descriptors do not allow\.\n$/);
  });

  it('says where a lock lies that does not say whose it is', async () => {
    mkdirSync(`${base}.lck`);
    const entry = join(`${base}.lck`, `${'0'.repeat(32)}.json`);
    writeFileSync(entry, 'garbage');
    const { status, err } = await redoubt(false, 'disk', 'shrink', base);
    expect(status).toBe(1);
    expect(err).toContain(`disk.locked: ${base} is in use: ${entry} counts as a lock`);
  });

  it('lets no progress stand before an error, nor after success', async () => {
    const log = await makeLog(base);
    await writeDisk(base, log, [[0, 1]]);
    const nested = await makeLog(log);
    const { status, err } = await redoubt(true, 'disk', 'commit', log);
    expect(status).toBe(0);
    expect(err).toContain('copying');
    expect(seen(err)).toBe('');
    expect(existsSync(nested)).toBe(true);
  });

  it('searches no folder that is not there', async () => {
    const log = await makeLog(base);
    const missing = await redoubt(false, 'disk', 'commit', log, '--search', folder.at('typo'));
    expect(missing).toMatchObject({ status: 1, err: expect.stringMatching(/^redoubt: disk\.not-found: /) as string });
    const file = await redoubt(false, 'disk', 'commit', log, '--search', base);
    expect(file).toMatchObject({ status: 2 });
    expect(existsSync(log)).toBe(true);
  });

  it.each([
    ['disk', 'info', 'a', 'b'],
    ['disk', 'protect'],
    ['disk', 'describe', 'a'],
    ['disk', 'commit'],
    ['disk', 'commit', 'a', '--to-copy', 'b', '--abandon', 'c'],
    ['disk', 'serve', 'a', '--socket', 's'],
    ['disk', 'serve', 'a', '--mode', 'append', '--socket', 's'],
    ['disk', 'nonsense'],
    ['nonsense'],
    ['disk'],
    [],
  ])('takes %s %s %s %s for wrong usage', async (...args) => {
    const { status, err } = await redoubt(false, ...args);
    expect(status).toBe(2);
    expect(err).toMatch(/^redoubt: usage\.bad-argument: [^\n]*\n$/);
  });

  it('serve goes on with no log that is committed all but its removal', async () => {
    const log = await makeLog(base);
    await commitRedoLog(
      { redo: log },
      {
        reached: (point) => {
          if (point === 'done') throw new Error('stop');
        },
      },
    ).catch(() => undefined);
    const options = { trust: [], mode: 'undoable', socket: folder.at('nbd.sock') } as const;
    const chosen = await chooseRedoLog(base, options, {});
    await chosen?.undo();
    expect(readdirSync(folder.path)).toEqual(['disk.vmdk']);
  });

  it('serve closes the disk although nobody reads what it prints', async () => {
    mkdirSync(folder.at('logs'));
    const program = join(import.meta.dirname, '../../../core/cli/main.ts');
    const socket = folder.at('nbd.sock');
    const child = await startChild(
      process.execPath,
      [
        '--import',
        import.meta.resolve('tsx'),
        program,
        'disk',
        'serve',
        base,
        '--mode',
        'undoable',
        '--socket',
        socket,
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    child.process.stdout?.destroy();
    while (!existsSync(socket)) await new Promise((resolve) => setTimeout(resolve, 50));
    await new Promise((resolve) => setTimeout(resolve, 200));
    const { code } = await endChild(child.process, { patienceMs: 10_000 });
    expect(code).toBe(0);
    expect(readdirSync(folder.path).sort()).toEqual(['disk.vmdk', 'disk.vmdk.REDO', 'disk.vmdk.children', 'logs']);
  });

  it('says which temporary folder is not there', async () => {
    vi.stubEnv('TMPDIR', folder.at('missing'));
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const serve = ['serve', base, '--mode', 'nonpersistent', '--socket', folder.at('nbd.sock')];
    for (const args of hasTools('qemu-img') ? [serve, ['convert', base, folder.at('a.qcow2')]] : [serve]) {
      const { status, err } = await redoubt(false, 'disk', ...args);
      expect(status).toBe(1);
      expect(err).toContain(`redoubt: disk.not-found: ${folder.at('missing')} does not exist.\n`);
    }
    expect(readdirSync(folder.path)).toEqual(['disk.vmdk']);
  });

  it('serve says no to a socket that is a file', async () => {
    execFileSync('touch', [folder.at('nbd.sock')]);
    const { status, err } = await redoubt(
      false,
      'disk',
      'serve',
      base,
      '--mode',
      'undoable',
      '--socket',
      folder.at('nbd.sock'),
    );
    expect(status).toBe(1);
    expect(err).toMatch(/^redoubt: disk\.io: [^\n]*\n$/);
    expect(readdirSync(folder.path).sort()).toEqual(['disk.vmdk', 'nbd.sock']);
  });
});
