import { existsSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DiskMode, NewMachine } from '../../../core/api/machines.ts';
import { CoreBench, refusalOf } from '../../support/core-bench.ts';

const slot = 'ide0:0';

describe('modes and shared bases', { timeout: 60_000 }, () => {
  let bench: CoreBench;
  beforeEach(async () => {
    bench = await CoreBench.open();
  });
  afterEach(async () => {
    await bench.close();
  });

  const create = async (name: string, some: Partial<NewMachine> = {}): Promise<string> => {
    const wanted: NewMachine = {
      name,
      directory: join(bench.home.machinesDirectory, name),
      guestOs: 'other',
      memoryMb: 16,
      network: 'none',
      bus: 'ide',
      disk: { kind: 'new', fileName: 'mydisk.vmdk', capacityBytes: 8 << 20, split: true, allocateNow: false },
      mode: 'undoable',
      redoLogDir: '',
      backend: 'fake',
      ...some,
    };
    return (await bench.client.machines.create(wanted)).id;
  };
  const diskOf = async (id: string) => {
    const disk = (await bench.view(id)).disks[0];
    if (disk === undefined) throw new Error('no disk');
    return disk;
  };
  const setMode = async (id: string, mode: DiskMode, fileName?: string): Promise<void> => {
    const settings = await bench.client.machines.settings({ id });
    const disks = settings.disks.map((disk) => ({ ...disk, mode, fileName: fileName ?? disk.fileName }));
    await bench.client.machines.saveSettings({ id, settings: { ...settings, disks } });
  };
  const off = async (id: string, decision?: 'keep' | 'discard'): Promise<void> => {
    await bench.client.machines.powerOff({ id });
    if (decision !== undefined) {
      await bench.waitFor(id, (view) => view.power === 'deciding', 'asked');
      await bench.client.machines.decide({ id, answers: [{ slot, answer: decision }] });
    }
    await bench.waitFor(id, (view) => view.power === 'off', 'went off');
  };

  it('nonpersistent: a log of its own, replaced at reset, gone at the end, nothing asked', async () => {
    const id = await create('np', { mode: 'nonpersistent' });
    await bench.client.machines.powerOn({ id });
    const first = await bench.waitFor(id, (view) => view.disks[0]?.redo !== undefined, 'had a log');
    const log = first.disks[0]?.redo?.path ?? '';
    expect(log).toMatch(/mydisk\.vmdk\.REDO_[0-9a-f]{6}$/);
    await bench.client.machines.reset({ id });
    const second = await bench.waitFor(id, (view) => view.disks[0]?.redo?.path !== log, 'had a fresh log');
    expect(existsSync(log)).toBe(false);
    expect(existsSync(second.disks[0]?.redo?.path ?? '')).toBe(true);
    await off(id);
    expect(readdirSync(first.directory).filter((name) => name.includes('REDO'))).toEqual([]);
    expect((await bench.view(id)).hasWaitingChanges).toBe(false);
  });

  it('nonpersistent: what a crash leaves is no question, and gone at the next start', async () => {
    const id = await create('np', { mode: 'nonpersistent' });
    await bench.client.machines.powerOn({ id });
    const pid = await bench.runnerPid(id);
    process.kill(pid, 'SIGKILL');
    const view = await bench.waitFor(id, (one) => one.power === 'off', 'was noticed');
    expect(view.hasWaitingChanges).toBe(false);
    const stale = readdirSync(view.directory).filter((name) => /REDO_[0-9a-f]{6}$/.test(name));
    expect(stale).toHaveLength(1);
    await bench.client.machines.powerOn({ id });
    expect(readdirSync(view.directory)).not.toContain(stale[0]);
    await bench.waitFor(id, (one) => one.disks[0]?.redo !== undefined, 'had a log');
    process.kill(await bench.runnerPid(id), 'SIGKILL');
    await bench.waitFor(id, (one) => one.power === 'off', 'was noticed again');
    // As if it had been killed while it removed its log.
    const log = readdirSync(view.directory).find((name) => /REDO_[0-9a-f]{6}$/.test(name)) ?? '';
    renameSync(join(view.directory, log), join(view.directory, `${log}.removing`));
    await bench.client.machines.powerOn({ id });
    expect(readdirSync(view.directory)).not.toContain(`${log}.removing`);
    await off(id);
  });

  it('nonpersistent: a log that a crash left and the configuration does not name goes too', async () => {
    const id = await create('np', { mode: 'nonpersistent' });
    await bench.client.machines.powerOn({ id });
    await bench.waitFor(id, (one) => one.disks[0]?.redo !== undefined, 'had a log');
    process.kill(await bench.runnerPid(id), 'SIGKILL');
    const { configPath, directory } = await bench.waitFor(id, (one) => one.power === 'off', 'was noticed');
    const stale = readdirSync(directory).filter((name) => /REDO_[0-9a-f]{6}$/.test(name));
    expect(stale).toHaveLength(1);
    // As if it had been killed in a reset, with the fresh log's name saved and that log gone.
    writeFileSync(configPath, readFileSync(configPath, 'utf8').replace(/^.*(\.redo = |redoMode).*\n/gm, ''));
    await setMode(id, 'persistent');
    await bench.client.machines.powerOn({ id });
    expect(readdirSync(directory).filter((name) => name.includes('REDO'))).toEqual([]);
    await off(id);
  });

  it('two machines with blank directories on one base never share a log', async () => {
    const first = await create('one');
    const base = (await diskOf(first)).path;
    const second = await create('two', { disk: { kind: 'existing', path: base } });
    const check = await bench.client.machines.checkRedoDirectory({
      machineDirectory: '/',
      diskPaths: [base],
      redoLogDir: '',
    });
    expect(check.problem?.code).toBe('disk.redo-taken');
    await bench.client.machines.powerOn({ id: first });
    const refusal = await refusalOf(bench.client.machines.powerOn({ id: second }));
    expect(refusal).toMatchObject({ code: 'disk.redo-taken', details: { file: `${base}.REDO`, machineName: 'one' } });
    await off(first, 'keep');
    expect(await refusalOf(bench.client.machines.powerOn({ id: second }))).toMatchObject({ code: 'disk.redo-taken' });

    const settings = await bench.client.machines.settings({ id: second });
    await bench.client.machines.saveSettings({ id: second, settings: { ...settings, redoLogDir: '.' } });
    await bench.client.machines.powerOn({ id: first, waiting: 'continue' });
    await bench.client.machines.powerOn({ id: second });
    expect((await bench.view(second)).power).toBe('running');
    await off(second, 'keep');
    const question = await (async () => {
      await bench.client.machines.powerOff({ id: first });
      return (await bench.waitFor(first, (view) => view.power === 'deciding', 'asked')).question;
    })();
    expect(question?.disks[0]?.dependents).toMatchObject([{ machineName: 'two' }]);
    expect(question?.disks[0]?.commitProblem?.code).toBe('disk.has-dependents');
  });

  it('choosing the waiting log as disk adopts it; other changes ask first', async () => {
    const id = await create('adopter');
    await bench.client.machines.powerOn({ id });
    await off(id, 'keep');
    const log = `${(await diskOf(id)).path}.REDO`;
    expect(await refusalOf(setMode(id, 'persistent'))).toMatchObject({
      code: 'machine.decide-first',
      details: { what: 'mode', redo: log },
    });
    expect((await refusalOf(setMode(id, 'undoable', 'adopter.vmx'))).code).toBe('disk.not-a-disk');
    expect((await refusalOf(setMode(id, 'undoable', 'gone.vmdk'))).code).toBe('disk.not-found');
    await setMode(id, 'undoable', log);
    const view = await bench.view(id);
    expect(view.hasWaitingChanges).toBe(false);
    expect(view.disks[0]).toMatchObject({ path: log, mode: 'undoable' });
    expect(view.disks[0]?.chain).toHaveLength(2);
    await bench.client.machines.powerOn({ id });
    expect((await bench.waitFor(id, (one) => one.disks[0]?.redo !== undefined, 'had a log')).disks[0]?.redo?.path).toBe(
      `${log}.REDO`,
    );
    await off(id, 'discard');
  });

  it('a persistent disk is refused where it is protected or others depend on it', async () => {
    const id = await create('base', { mode: 'persistent' });
    await bench.client.machines.powerOn({ id });
    await off(id);
    const { path } = await diskOf(id);
    await bench.client.disks.protect({ path });
    expect(await refusalOf(bench.client.machines.powerOn({ id }))).toMatchObject({ code: 'disk.read-only' });
    expect((await bench.view(id)).problem?.code).toBe('disk.read-only');
    await bench.client.disks.unprotect({ path });
    const other = await create('other', { disk: { kind: 'existing', path }, redoLogDir: '.' });
    await bench.client.machines.powerOn({ id: other });
    await off(other, 'keep');
    expect(await refusalOf(bench.client.machines.powerOn({ id }))).toMatchObject({ code: 'disk.has-dependents' });
    expect((await bench.client.disks.inspect({ path })).persistentProblem?.code).toBe('disk.has-dependents');
  });

  it('a kept log that another machine was made on takes no more changes', async () => {
    const first = await create('one', { redoLogDir: '.' });
    await bench.client.machines.powerOn({ id: first });
    await off(first, 'keep');
    const log = (await diskOf(first)).redo?.path ?? '';
    const second = await create('two', { disk: { kind: 'existing', path: log }, redoLogDir: '.' });
    await bench.client.machines.powerOn({ id: second });
    await off(second, 'keep');
    expect(await refusalOf(bench.client.machines.powerOn({ id: first, waiting: 'continue' }))).toMatchObject({
      code: 'disk.has-dependents',
      details: { file: log, dependents: [{ machineName: 'two' }] },
    });
    await bench.client.machines.powerOn({ id: second, waiting: 'continue' });
    await off(second, 'discard');
    // Nothing hangs from it now, but it is still the other machine's disk.
    await bench.client.machines.powerOn({ id: first, waiting: 'continue' });
    await bench.client.machines.powerOff({ id: first });
    await bench.waitFor(first, (view) => view.power === 'deciding', 'asked');
    const answers = [{ slot, answer: 'discard' as const }];
    expect(await refusalOf(bench.client.machines.decide({ id: first, answers }))).toMatchObject({
      code: 'disk.has-dependents',
      details: { dependents: [{ machineName: 'two' }] },
    });
    // The question stays open for another answer.
    await bench.client.machines.decide({ id: first, answers: [{ slot, answer: 'keep' }] });
    await bench.waitFor(first, (view) => view.power === 'off', 'went off');
    expect(existsSync(log)).toBe(true);
  });

  it('a log of its own that its configuration has forgotten is asked about, never taken silently', async () => {
    const { id } = await bench.client.machines.createDemo({});
    const settings = await bench.client.machines.settings({ id });
    await bench.client.machines.saveSettings({ id, settings: { ...settings, redoLogDir: '', backend: 'fake' } });
    await bench.client.machines.powerOn({ id });
    await bench.waitFor(id, (view) => (view.disks[0]?.redo?.allocatedBytes ?? 0) > 0, 'wrote');
    await off(id, 'keep');
    const { configPath } = await bench.view(id);
    writeFileSync(configPath, readFileSync(configPath, 'utf8').replace(/^.*\.redo = .*$/m, ''));
    await bench.waitFor(id, (view) => !view.hasWaitingChanges, 'was read again');
    expect(await refusalOf(bench.client.machines.powerOn({ id }))).toMatchObject({ code: 'machine.changes-waiting' });
    await bench.client.machines.powerOn({ id, waiting: 'continue' });
    await off(id, 'discard');
  });

  it('a start that fails leaves no log and no name behind', async () => {
    const id = await create('broken');
    const { directory } = await bench.view(id);
    const settings = await bench.client.machines.settings({ id });
    await bench.client.machines.saveSettings({ id, settings: { ...settings, redoLogDir: 'gone' } });
    expect(await refusalOf(bench.client.machines.powerOn({ id }))).toMatchObject({ code: 'disk.redo-directory' });
    const files = readdirSync(directory).filter((name) => name.includes('REDO') || name.endsWith('.edit'));
    expect(files).toEqual([]);
    expect(await bench.view(id)).toMatchObject({
      power: 'off',
      hasWaitingChanges: false,
      problem: { code: 'disk.redo-directory' },
    });
  });
});
