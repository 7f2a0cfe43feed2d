import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCommandLine } from '../../../core/cli/run.ts';
import { contentOf, fingerprintFolder, mib, writeDisk } from '../../support/disk-kit.ts';
import { SparseFile } from '../../support/sparse-file.ts';
import { makeTempFolder, type TempFolder } from '../../support/temp-folder.ts';

let folder: TempFolder;
let disk: string;
beforeEach(() => {
  folder = makeTempFolder();
  disk = folder.at('mydisk.vmdk');
});
afterEach(() => {
  folder.remove();
});

interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

async function redoubt(...args: string[]): Promise<Ran> {
  let out = '';
  let err = '';
  const status = await runCommandLine(args, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    isTerminal: false,
  });
  return { status, out, err };
}

/** Runs a command that must succeed. */
async function ok(...args: string[]): Promise<string> {
  const { status, out, err } = await redoubt(...args);
  expect({ status, err: err.replace(/^(copying.*|checking|removing|done)\n/gm, '') }).toEqual({
    status: 0,
    err: '',
  });
  return out;
}

/** Runs a command that must be refused with one line, and changes nothing. */
async function refused(code: string, ...args: string[]): Promise<Ran> {
  const before = fingerprintFolder(folder.path);
  const ran = await redoubt(...args);
  expect(ran.status).toBe(code === 'usage.bad-argument' ? 2 : 1);
  const lines = ran.err.split('\n');
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(new RegExp(`^redoubt: ${code.replaceAll('.', '\\.')}: \\S.*$`));
  expect(fingerprintFolder(folder.path)).toEqual(before);
  return ran;
}

describe('redoubt disk', () => {
  it('create prints the files made', async () => {
    expect(await ok('disk', 'create', disk, '--size', '4G')).toBe(
      `${disk}\n${folder.at('mydisk-02.vmdk')}\n${folder.at('mydisk-03.vmdk')}\n`,
    );
    expect(await ok('disk', 'create', folder.at('one.vmdk'), '--size', '4G', '--no-split')).toBe(
      `${folder.at('one.vmdk')}\n`,
    );
    const json = JSON.parse(
      await ok('disk', 'create', folder.at('scsi.vmdk'), '--size', '1048576', '--bus', 'scsi', '--json'),
    ) as unknown;
    expect(json).toEqual({ files: [folder.at('scsi.vmdk')] });
    await refused('disk.exists', 'disk', 'create', disk, '--size', '1M');
  });

  it('create refuses what is not possible, and bad sizes and names', async () => {
    await refused('disk.bad-size', 'disk', 'create', disk, '--size', '65T', '--format', 'vmdk');
    for (const size of ['0', '1000', '1.5G', '-512', '4X', '', '99999T'])
      await refused('disk.bad-size', 'disk', 'create', disk, `--size=${size}`);
    await refused('disk.bad-name', 'disk', 'create', folder.at('disk.img'), '--size', '1M');
    const nameless = await refused('disk.bad-name', 'disk', 'create', folder.at('.vmdk'), '--size', '1M');
    expect(nameless.err).toMatch(/ \.vmdk can't be a disk's name: it is nothing but the ending\.$/m);
    const dialect = ['--format', 'vmdk', '--dialect', 'hybrid'];
    const foreign = await refused('usage.bad-argument', 'disk', 'create', disk, '--size', '1M', ...dialect);
    expect(foreign.err).toContain('--dialect is for the format cowd');
    await refused('disk.not-found', 'disk', 'create', folder.at('nowhere', 'disk.vmdk'), '--size', '1M');
  });

  it('wrong usage is status 2', async () => {
    for (const args of [
      [],
      ['disk'],
      ['disk', 'create', disk],
      ['disk', 'nonsense'],
      ['disk', 'info'],
      ['disk', 'info', disk, '--nonsense'],
      ['nonsense'],
      ['disk', 'create', disk, '--size', '1M', '--bus', 'usb'],
      ['disk', 'commit'],
      ['disk', 'describe', disk],
      ['disk', 'serve', disk, '--socket', 's'],
      ['disk', 'serve', disk, '--mode', 'sometimes', '--socket', 's'],
      ['disk', 'serve', disk, '--mode', 'persistent', '--socket', 's', '--at-end', 'keep'],
      ['disk', 'serve', disk, '--mode', 'persistent', '--socket', 's', '--redo', 'r'],
      ['disk', 'serve', disk, '--mode', 'nonpersistent', '--socket', 's', '--redo', 'r'],
      ['disk', 'serve', disk, '--mode', 'undoable', '--socket', 's', '--redo', 'r', '--redo-dir', 'd'],
      ['disk', 'info', disk, disk],
    ]) {
      await refused('usage.bad-argument', ...args);
    }
    expect((await redoubt('--help')).out).toContain('Usage: redoubt');
    expect((await redoubt('disk', 'commit', '--help')).status).toBe(0);
  });

  it('redo prints the first file, beside the disk or in a folder', async () => {
    await ok('disk', 'create', disk, '--size', '4G');
    expect(await ok('disk', 'redo', disk)).toBe(`${disk}.REDO\n`);
    expect(readdirSync(folder.path).filter((name) => name.endsWith('.REDO'))).toHaveLength(3);
    mkdirSync(folder.at('logs'));
    expect(await ok('disk', 'redo', disk, '--dir', folder.at('logs'))).toMatch(
      /logs\/mydisk\.vmdk\.REDO_[0-9a-f]{6}\n$/,
    );
    await refused('disk.redo-taken', 'disk', 'redo', disk);
    await refused('disk.redo-directory', 'disk', 'redo', disk, '--dir', folder.at('nowhere'));
    await refused('disk.segment-picked', 'disk', 'redo', folder.at('mydisk-02.vmdk'));
  });

  it('info describes the chain, for people and for programs', async () => {
    await ok('disk', 'create', disk, '--size', '8M');
    await ok('disk', 'redo', disk);
    await writeDisk(disk, `${disk}.REDO`, [[0, 1]]);
    const text = await ok('disk', 'info', `${disk}.REDO`);
    expect(text).toContain('8 MiB (8388608 bytes), 2 links');
    expect(text.indexOf('redo log')).toBeLessThan(text.indexOf('base'));
    const report = JSON.parse(await ok('disk', 'info', `${disk}.REDO`, '--json')) as unknown;
    expect(report).toMatchObject({
      capacityBytes: 8 * mib,
      links: [
        { path: `${disk}.REDO`, role: 'redo-log', allocatedBytes: 8192, grainBytes: 4096, state: 'clean' },
        { path: disk, role: 'base', format: 'cowd', dialect: 'hybrid', allocatedBytes: 0, grainBytes: 8192 },
      ],
    });
  });

  it('a failure with --json is one document', async () => {
    const { out } = await refused('disk.not-found', 'disk', 'info', disk, '--json');
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'disk.not-found', details: { file: disk } } });
    const usage = await refused('usage.bad-argument', 'disk', 'info', '--json');
    expect(JSON.parse(usage.out)).toMatchObject({ error: { code: 'usage.bad-argument' } });
  });

  it.each([
    ['file', ['disk', 'info']],
    ['--size', ['disk', 'create', 'a.vmdk']],
    ['--bus', ['disk', 'create', 'a.vmdk', '--size', '1M', '--bus', 'usb']],
    ['--jsom', ['disk', 'info', 'a', '--jsom']],
    ['info', ['disk', 'info', 'a', 'b']],
    ['inf', ['disk', 'inf']],
    ['--to-copy', ['disk', 'commit', 'a', '--to-copy', 'b', '--abandon', 'c']],
    ['redo', ['disk', 'commit']],
  ])('wrong usage names its argument: %s', async (argument, args) => {
    const { out, err } = await refused('usage.bad-argument', ...args, '--json');
    const { error } = JSON.parse(out) as { error: { message: string; details: { argument: string; reason: string } } };
    expect(error.details.argument).toBe(argument);
    expect(error.details.reason).not.toContain('\n');
    expect(error.message).not.toContain('\n');
    expect(err).toContain(error.message);
  });

  it('a missing parent is named with every path that was tried', async () => {
    await ok('disk', 'create', disk, '--size', '8M');
    mkdirSync(folder.at('logs'));
    const log = (await ok('disk', 'redo', disk, '--dir', folder.at('logs'))).trim();
    renameSync(disk, folder.at('moved.vmdk'));
    const { err } = await refused('disk.parent-missing', 'disk', 'info', log);
    expect(err).toContain(`tried: ${disk}, ${folder.at('logs', 'mydisk.vmdk')}.`);
  });

  it('the help says what every choice is for', async () => {
    for (const args of [
      ['create', '--help'],
      ['serve', '--help'],
      ['convert', '--help'],
    ]) {
      const { out } = await redoubt('disk', ...args);
      const bare = out.split('\n').filter((line) => /^ {2}--\S+( <\S+>)? +\((choices|default)/.test(line));
      expect(bare).toEqual([]);
    }
  });

  it('commit and discard end a log', async () => {
    await ok('disk', 'create', disk, '--size', '8M');
    const log = (await ok('disk', 'redo', disk)).trim();
    await writeDisk(disk, log, [[0, 1]]);
    expect(await ok('disk', 'commit', log)).toBe(`Committed 8 KiB into ${disk}.\n`);
    expect(existsSync(log)).toBe(false);
    await ok('disk', 'redo', disk);
    expect(await ok('disk', 'discard', log)).toBe('');
    expect(existsSync(log)).toBe(false);
    await refused('disk.not-found', 'disk', 'discard', log);
    await refused('disk.not-a-redo-log', 'disk', 'discard', disk);
    await refused('disk.not-a-redo-log', 'disk', 'commit', disk);
  });

  it('commit prints its progress on stderr', async () => {
    await ok('disk', 'create', disk, '--size', '8M');
    const log = (await ok('disk', 'redo', disk)).trim();
    await writeDisk(disk, log, [[0, 1]]);
    const { err, out } = await redoubt('disk', 'commit', log, '--json');
    expect(err).toBe('copying: 8 KiB of 8 KiB\nchecking\nremoving\ndone\n');
    expect(JSON.parse(out)).toEqual({ parent: disk, committedBytes: 8192 });
  });

  it('commit is refused with names', async () => {
    await ok('disk', 'create', disk, '--size', '8M');
    const log = (await ok('disk', 'redo', disk)).trim();
    mkdirSync(folder.at('logs'));
    const other = (await ok('disk', 'redo', disk, '--dir', folder.at('logs'))).trim();
    expect((await refused('disk.has-dependents', 'disk', 'commit', log)).err).toContain(other);
    await refused('disk.no-commit', 'disk', 'commit', '--abandon', disk);
    await refused('usage.bad-argument', 'disk', 'commit', log, '--abandon', disk);
    await refused('usage.bad-argument', 'disk', 'commit', log, '--preserve-dependents', '--break-dependents');
    writeFileSync(`${disk}.children`, '');
    await refused('disk.has-dependents', 'disk', 'commit', log, '--search', folder.at('logs'));
    await ok('disk', 'commit', log);
  });

  it('commit preserves dependents, breaks them, or makes a new copy', async () => {
    await ok('disk', 'create', disk, '--size', '8M');
    const log = (await ok('disk', 'redo', disk)).trim();
    await writeDisk(disk, log, [[0, 1]]);
    const other = (await ok('disk', 'redo', disk, '--dir', folder.path)).trim();
    const copy = folder.at('copy.vmdk');
    expect(await ok('disk', 'commit', log, '--to-copy', copy)).toBe(
      `Copied 8 KiB to ${copy}; ${log} stays as it is.\n`,
    );
    expect(await contentOf(copy)).toBe(await contentOf(log));
    await refused('disk.exists', 'disk', 'commit', log, '--to-copy', copy);
    const kept = await contentOf(other);
    const printed = JSON.parse(await ok('disk', 'commit', log, '--preserve-dependents', '--json')) as {
      oldState: string;
    };
    expect(await contentOf(other)).toBe(kept);
    expect(await ok('disk', 'info', other)).toContain(`old state ${printed.oldState}`);
    const next = (await ok('disk', 'redo', disk)).trim();
    await ok('disk', 'commit', next, '--break-dependents');
    await refused('disk.parent-changed', 'disk', 'info', other);
    await ok('disk', 'discard', other);
    await refused('disk.old-state', 'disk', 'discard', printed.oldState);
    await ok('disk', 'discard', printed.oldState, '--old-state');
  });

  it('convert prints the files made, and the progress on stderr', async () => {
    await ok('disk', 'create', disk, '--size', '8M');
    await writeDisk(disk, undefined, [[0, 1, mib]]);
    const { out, err } = await redoubt('disk', 'convert', disk, folder.at('copy.raw'));
    expect(out).toBe(`${folder.at('copy.raw')}\n`);
    expect(err).toContain('copying: 8 MiB of 8 MiB');
    const json = await ok('disk', 'convert', folder.at('copy.raw'), folder.at('b.vmdk'), '--dialect', 'ws3', '--json');
    expect(JSON.parse(json)).toEqual({ files: [folder.at('b.vmdk')], format: 'cowd', capacityBytes: 8 * mib });
    expect(await contentOf(folder.at('b.vmdk'))).toBe(await contentOf(disk));
    await refused('disk.exists', 'disk', 'convert', disk, folder.at('copy.raw'));
    await refused('usage.bad-argument', 'disk', 'convert', disk, folder.at('copy.unknown'));
    await refused('usage.bad-argument', 'disk', 'convert', disk, folder.at('c.vmdk'), '--format', 'floppy');
    await refused('usage.bad-argument', 'disk', 'convert', disk, folder.at('c.qcow2'), '--dialect', 'ws3');
    await refused('usage.bad-argument', 'disk', 'convert', disk);
  });

  it('relink prints the parent, and wants to be told twice if that has changed', async () => {
    await ok('disk', 'create', disk, '--size', '8M');
    const log = (await ok('disk', 'redo', disk)).trim();
    mkdirSync(folder.at('bases'));
    const moved = folder.at('bases', 'moved.vmdk');
    renameSync(disk, moved);
    await refused('disk.parent-missing', 'disk', 'info', log);
    expect(await ok('disk', 'relink', log, '--parent', moved)).toBe(`${moved}\n`);
    await ok('disk', 'info', log);
    await writeDisk(moved, undefined, [[0, 1]]);
    await refused('disk.parent-changed', 'disk', 'relink', log, '--parent', moved);
    const json = await ok('disk', 'relink', log, '--parent', moved, '--accept-changed', '--json');
    expect(JSON.parse(json)).toEqual({ file: log, parent: moved, wasChanged: true });
    await refused('usage.bad-argument', 'disk', 'relink', log);
  });

  it('trust is by name on the command line', async () => {
    mkdirSync(folder.at('machine'));
    await ok('disk', 'create', disk, '--size', '8M');
    const log = (await ok('disk', 'redo', disk, '--dir', folder.at('machine'))).trim();
    const home = process.env['REDOUBT_HOME'];
    process.env['REDOUBT_HOME'] = folder.at('another-home');
    try {
      await refused('disk.untrusted', 'disk', 'info', log);
      await ok('disk', 'info', log, '--trust', disk);
      await ok('disk', 'info', log, '--trust', folder.at('machine'), '--trust', folder.path);
    } finally {
      process.env['REDOUBT_HOME'] = home;
    }
  });

  it('protect and unprotect print the files', async () => {
    await ok('disk', 'create', disk, '--size', '4G');
    const files = [disk, folder.at('mydisk-02.vmdk'), folder.at('mydisk-03.vmdk')];
    expect(await ok('disk', 'protect', disk)).toBe(files.map((file) => `${file}\n`).join(''));
    expect(files.map((file) => statSync(file).mode & 0o222)).toEqual([0, 0, 0]);
    const log = (await ok('disk', 'redo', disk)).trim();
    await refused('disk.read-only', 'disk', 'commit', log);
    expect(await ok('disk', 'unprotect', disk)).toBe(files.map((file) => `${file}\n`).join(''));
    await ok('disk', 'commit', log);
    chmodSync(disk, 0o644);
  });

  it('describe writes a descriptor a link, the leaf’s first', async () => {
    await ok('disk', 'create', disk, '--size', '4G');
    await ok('disk', 'redo', disk);
    const printed = (await ok('disk', 'describe', `${disk}.REDO`, '--out', folder.at('out'))).trim().split('\n');
    expect(printed).toEqual([
      folder.at('out', 'mydisk.vmdk.REDO.descriptor'),
      folder.at('out', 'mydisk.vmdk.descriptor'),
    ]);
    const [leaf, base] = printed.map((path) => readFileSync(path, 'utf8'));
    expect(leaf).toContain('parentFileNameHint="mydisk.vmdk.descriptor"');
    expect(leaf).toContain(`RW 4189248 VMFSSPARSE "${folder.at('mydisk-02.vmdk.REDO')}"`);
    expect(base).toContain('parentCID=ffffffff');
    expect(base).toContain(`RW 10112 VMFSSPARSE "${folder.at('mydisk-03.vmdk')}"`);
    expect(/^parentCID=(.*)$/m.exec(leaf ?? '')?.[1]).toBe(/^CID=(.*)$/m.exec(base ?? '')?.[1]);
    await refused('disk.segment-picked', 'disk', 'describe', folder.at('mydisk-02.vmdk'), '--out', folder.at('out2'));
  });

  it('bad files are refused by every command', async () => {
    const junk = folder.at('junk.vmdk');
    writeFileSync(junk, 'x'.repeat(5000));
    for (const args of [
      ['info', junk],
      ['redo', junk],
      ['commit', junk],
      ['discard', junk],
      ['protect', junk],
      ['describe', junk, '--out', folder.at('out')],
      ['serve', junk, '--mode', 'undoable', '--socket', folder.at('s')],
      ['serve', junk, '--mode', 'persistent', '--socket', folder.at('s')],
    ]) {
      await refused('disk.not-a-disk', 'disk', ...args);
    }
    await ok('disk', 'create', disk, '--size', '8M');
    chmodSync(disk, 0o444);
    await refused('disk.read-only', 'disk', 'serve', disk, '--mode', 'persistent', '--socket', folder.at('s'));
    await refused('disk.io', 'disk', 'serve', disk, '--mode', 'undoable', '--socket', folder.at('nowhere', 's'));
    await refused('disk.io', 'disk', 'serve', disk, '--mode', 'nonpersistent', '--socket', folder.at('nowhere', 's'));
  });

  it('check: says what is wrong with an exit status of 1 and one document, and repairs it when asked', async () => {
    await ok('disk', 'create', disk, '--size', '64M');
    await writeDisk(disk, undefined, [[0, 7, 60_000]]);
    expect(await ok('disk', 'check', disk)).toBe('1 link checked, nothing is wrong.\n');
    const file = new SparseFile(disk);
    file.setGrain(3, file.grain(1));
    const { out, err } = await refused('disk.corrupt', 'disk', 'check', disk, '--json');
    expect(err).toContain('grain 3');
    expect((await redoubt('disk', 'check', disk)).out).toMatch(/1 link checked, 1 error\.\n$/);
    expect(JSON.parse(out)).toMatchObject({
      links: [disk],
      findings: [{ kind: 'shared-grain', severity: 'error', grain: 3, canRepair: true }],
      error: { code: 'disk.corrupt' },
    });
    expect(await ok('disk', 'check', disk, '--repair')).toMatch(/^repaired +.*grain 3.*\nkept +.*\.check-/);
    expect(await ok('disk', 'check', disk)).toMatch(/1 link checked, nothing is wrong\.\n$/);
  });

  it('shrink: gives space back that is not used', async () => {
    await ok('disk', 'create', disk, '--size', '64M');
    await writeDisk(disk, undefined, [[0, 7, 3 * mib]]);
    await writeDisk(disk, undefined, [[0, 0, mib]]);
    const before = statSync(disk).size;
    expect(JSON.parse((await redoubt('disk', 'shrink', disk, '--json')).out)).toEqual({
      file: disk,
      beforeBytes: before,
      afterBytes: before - mib,
      isFixedSize: false,
    });
    expect(statSync(disk).size).toBe(before - mib);
  });
});
