import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WaitingChanges } from '../../../core/api/errors.ts';
import type { MachineEvent, NewMachine } from '../../../core/api/machines.ts';
import { commitRedoLog } from '../../../core/disk/commit/commit.ts';
import { createRedoLog } from '../../../core/disk/create/create-redo-log.ts';
import { editConfiguration } from '../../../core/machines/configuration-file.ts';
import { lockMachine } from '../../../core/machines/machine-lock.ts';
import { writeDisk } from '../../support/disk-kit.ts';
import { CoreBench, refusalOf } from '../../support/core-bench.ts';

const slot = 'ide0:0';

/** The calls that need no guest. */
describe('machines', { timeout: 60_000 }, () => {
  let bench: CoreBench;
  beforeEach(async () => {
    bench = await CoreBench.open();
  });
  afterEach(async () => {
    await bench.close();
  });

  const wanted = (name: string, some: Partial<NewMachine> = {}): NewMachine => ({
    name,
    directory: join(bench.home.machinesDirectory, name),
    guestOs: 'other',
    memoryMb: 16,
    network: 'none',
    bus: 'ide',
    disk: { kind: 'new', fileName: `${name}.vmdk`, capacityBytes: 8 << 20, split: true, allocateNow: false },
    mode: 'undoable',
    redoLogDir: '',
    backend: 'fake',
    ...some,
  });
  const create = async (name: string, some: Partial<NewMachine> = {}): Promise<string> =>
    (await bench.client.machines.create(wanted(name, some))).id;

  it('are made, seen by everybody, and taken off the list', async () => {
    const events = await bench.client.machines.watch({});
    const next = async (): Promise<MachineEvent> => {
      const event = await events.next();
      if (event.done === true) throw new Error('the stream ended');
      return event.value;
    };
    expect(await next()).toEqual({ kind: 'snapshot', revision: 0, machines: [] });
    const id = await create('qa', { redoLogDir: '.' });
    const added = await next();
    expect(added).toMatchObject({
      kind: 'changed',
      revision: 1,
      machine: { id, name: 'qa', power: 'off', disks: [{ slot, capacityBytes: 8 << 20 }] },
    });
    await bench.client.machines.remove({ id });
    expect(await next()).toEqual({ kind: 'removed', revision: 2, id });
    await events.return(undefined);

    const { configPath } = added.kind === 'changed' ? added.machine : { configPath: '' };
    expect(await bench.client.machines.open({ path: configPath })).toEqual({ id });
    expect((await bench.view(id)).name).toBe('qa');
  });

  it('are refused with a reason, and then nothing was made', async () => {
    await create('qa');
    const { machinesDirectory } = bench.home;
    const inQa = join(machinesDirectory, 'qa');
    const other = join(machinesDirectory, 'other');
    const notADisk = join(machinesDirectory, 'text.vmdk');
    writeFileSync(notADisk, 'no disk at all');
    const table: [Partial<NewMachine>, string][] = [
      [{ name: ' ' }, 'machine.bad-name'],
      [{ name: 'QA' }, 'machine.name-taken'],
      [{ directory: inQa }, 'machine.folder-taken'],
      [{ memoryMb: 1 << 30 }, 'machine.bad-memory'],
      [{ disk: { kind: 'existing', path: join(other, 'none.vmdk') } }, 'disk.not-found'],
      [{ disk: { kind: 'existing', path: notADisk } }, 'disk.not-a-disk'],
      [
        { disk: { kind: 'new', fileName: 'x.vmdk', capacityBytes: 777, split: true, allocateNow: false } },
        'disk.bad-size',
      ],
      [
        {
          disk: {
            kind: 'new',
            fileName: join(inQa, 'qa.vmdk'),
            capacityBytes: 1 << 20,
            split: true,
            allocateNow: false,
          },
        },
        'disk.exists',
      ],
      [{ directory: join(notADisk, 'below') }, 'machine.folder-not-writable'],
    ];
    for (const [some, code] of table) {
      const refusal = await refusalOf(bench.client.machines.create({ ...wanted('other'), ...some }));
      expect([some, refusal.code]).toEqual([some, code]);
      expect(existsSync(other)).toBe(false);
    }
    expect(await bench.views()).toHaveLength(1);
  });

  it('propose places and files, and say what speaks against them', async () => {
    await create('qa');
    const { machines } = bench.client;
    expect(await machines.proposeLocation({ name: '' })).toMatchObject({
      name: 'New machine',
      directory: join(bench.home.machinesDirectory, 'New machine'),
    });
    expect((await machines.proposeLocation({ name: 'qa' })).problem?.code).toBe('machine.name-taken');
    const files = {
      directory: join(bench.home.machinesDirectory, 'big'),
      fileName: 'mydisk.vmdk',
      capacityBytes: 4 * 2 ** 30,
      split: true,
      bus: 'ide' as const,
    };
    const proposed = await machines.proposeDiskFiles(files);
    expect(proposed.files.map((file) => file.slice(file.lastIndexOf('/') + 1))).toEqual([
      'mydisk.vmdk',
      'mydisk-02.vmdk',
      'mydisk-03.vmdk',
    ]);
    expect(proposed.problem).toBeUndefined();
    expect((await machines.proposeDiskFiles({ ...files, capacityBytes: 1 })).problem?.code).toBe('disk.bad-size');
    const check = { machineDirectory: bench.home.machinesDirectory, diskPaths: [] };
    expect((await machines.checkRedoDirectory({ ...check, redoLogDir: 'nowhere' })).problem?.details).toMatchObject({
      reason: 'missing',
    });
    expect(await machines.checkRedoDirectory({ ...check, redoLogDir: '.' })).toEqual({});
  });

  it('keep every line of their file that was not changed', async () => {
    const directory = join(bench.home.machinesDirectory, 'old');
    mkdirSync(directory);
    const configPath = join(directory, 'old.cfg');
    const text =
      '#!/usr/bin/vmware\r\nconfig.version = 4\r\nGuestOS = "win98"\r\nodd = "1"\r\nuuid.bios = "56 4d 11 22 33 44 55 66-77 88 99 aa bb cc dd ee"\r\n';
    writeFileSync(configPath, text);
    const { id } = await bench.client.machines.open({ path: configPath });
    expect(id).toBe('564d112233445566778899aabbccddee');
    expect(readFileSync(configPath, 'utf8')).toBe(text);
    const settings = await bench.client.machines.settings({ id });
    await bench.client.machines.saveSettings({ id, settings });
    expect(readFileSync(configPath, 'utf8')).toBe(text);
    await bench.client.machines.saveSettings({
      id,
      settings: { ...settings, guestOs: 'winNT', redoLogDir: '.', network: 'nat' },
    });
    expect(readFileSync(configPath, 'utf8')).toBe(
      `${text.replace('"win98"', '"winNT"')}redoLogDir = "."\r\nethernet0.present = "TRUE"\r\nethernet0.connectionType = "nat"\r\n`,
    );
  });

  it('that can not be read say so and stay on the list', async () => {
    const id = await create('qa');
    const { configPath } = await bench.view(id);
    writeFileSync(configPath, Buffer.from([0, 1, 2]));
    const broken = await bench.waitFor(id, (view) => view.problem !== undefined, 'was noticed');
    expect(broken.problem).toMatchObject({ code: 'machine.bad-config' });
    expect((await refusalOf(bench.client.machines.powerOn({ id }))).code).toBe('machine.bad-config');
    expect((await refusalOf(bench.client.machines.settings({ id: '0'.repeat(32) }))).code).toBe('machine.not-found');
    expect((await refusalOf(bench.client.machines.open({ path: '/etc/passwd' }))).code).toBe('machine.bad-config');
    const other = await create('other');
    const alias = join(bench.home.machinesDirectory, 'alias.vmx');
    symlinkSync((await bench.view(other)).configPath, alias);
    expect(await bench.client.machines.open({ path: alias })).toEqual({ id: other });
  });

  it('are changed as they are once nobody else has them: what was kept meanwhile is decided about first', async () => {
    const id = await create('qa');
    const { configPath, disks } = await bench.view(id);
    const path = disks[0]?.path ?? '';
    const settings = await bench.client.machines.settings({ id });
    const other = await lockMachine(configPath, 'qa', 'running');
    const saving = refusalOf(
      bench.client.machines.saveSettings({
        id,
        settings: { ...settings, disks: [{ slot, fileName: path, mode: 'persistent' }] },
      }),
    );
    // Another shell's runner has kept a log in the meantime.
    await new Promise((resolve) => setTimeout(resolve, 200));
    const { file: redo } = await createRedoLog({ parent: path, randomSuffix: false, owner: id });
    await editConfiguration(configPath, (document) => {
      document.set(`${slot}.redo`, redo);
    });
    other.release();
    expect((await saving).code).toBe('machine.decide-first');
    expect((await bench.client.machines.settings({ id })).disks[0]?.mode).toBe('undoable');
  });

  it('lose no changes that came after the answer, while it waited for somebody else', async () => {
    const id = await create('qa');
    const { configPath, disks } = await bench.view(id);
    const path = disks[0]?.path ?? '';
    const { file: redo } = await createRedoLog({ parent: path, randomSuffix: false });
    await editConfiguration(configPath, (document) => {
      document.set(`${slot}.redo`, redo);
    });
    await bench.waitFor(id, (view) => view.hasWaitingChanges, 'has changes');
    const other = await lockMachine(configPath, 'qa', 'running');
    const decided = refusalOf(bench.client.machines.decideWaiting({ id, slot, answer: 'discard' }));
    await new Promise((resolve) => setTimeout(resolve, 200));
    await writeDisk(path, redo, [[0, 7]]);
    other.release();
    expect(await decided).toMatchObject({ code: 'machine.changes-waiting', details: { disks: [{ slot, redo }] } });
    expect(existsSync(redo)).toBe(true);
    const again = await lockMachine(configPath, 'qa', 'running');
    const committing = bench.client.machines.decideWaiting({ id, slot, answer: 'commit' });
    await new Promise((resolve) => setTimeout(resolve, 200));
    await writeDisk(path, redo, [[0, 8]]);
    again.release();
    await committing;
    const told = await bench.waitFor(id, (view) => view.problem !== undefined, 'told that it was not committed');
    expect(told.problem?.code).toBe('machine.changes-waiting');
    expect(existsSync(redo)).toBe(true);
    await bench.client.machines.decideWaiting({ id, slot, answer: 'discard' });
    expect(existsSync(redo)).toBe(false);
  });

  it('do not start with changes that were to be discarded, where others have come after the answer', async () => {
    const id = await create('qa');
    const { configPath, disks } = await bench.view(id);
    const path = disks[0]?.path ?? '';
    const { file: redo } = await createRedoLog({ parent: path, randomSuffix: false });
    await editConfiguration(configPath, (document) => {
      document.set(`${slot}.redo`, redo);
    });
    await bench.waitFor(id, (view) => view.hasWaitingChanges, 'has changes');
    const other = await lockMachine(configPath, 'qa', 'running');
    const started = refusalOf(bench.client.machines.powerOn({ id, waiting: 'discard' }));
    await bench.waitFor(id, (view) => view.power === 'starting', 'took the answer');
    await writeDisk(path, redo, [[0, 7]]);
    other.release();
    expect((await started).code).toBe('machine.changes-waiting');
    expect((await bench.view(id)).power).toBe('off');
    expect(existsSync(redo)).toBe(true);
  });

  it('do not throw away changes that have come since they were asked about', async () => {
    const id = await create('qa');
    const { configPath, disks } = await bench.view(id);
    const path = disks[0]?.path ?? '';
    const { file: redo } = await createRedoLog({ parent: path, randomSuffix: false });
    await editConfiguration(configPath, (document) => {
      document.set(`${slot}.redo`, redo);
    });
    await bench.waitFor(id, (view) => view.hasWaitingChanges, 'has changes');
    const ask = async (): Promise<WaitingChanges[]> =>
      (await refusalOf(bench.client.machines.powerOn({ id }))).details['disks'] as WaitingChanges[];
    const asked = await ask();
    await writeDisk(path, redo, [[0, 7]]);
    const answer = { id, waiting: 'discard', asked } as const;
    expect((await refusalOf(bench.client.machines.powerOn(answer))).code).toBe('machine.changes-waiting');
    expect(existsSync(redo)).toBe(true);
    await bench.client.machines.powerOn({ ...answer, asked: await ask() });
    expect((await bench.view(id)).power).toBe('running');
  });

  it('are deleted with their own files; what others use stays', async () => {
    const first = await create('one');
    const base = (await bench.view(first)).disks[0]?.path ?? '';
    const second = await create('two', { disk: { kind: 'existing', path: base }, redoLogDir: '.' });
    const plan = await bench.client.machines.deletionPlan({ id: second });
    const { configPath, directory } = await bench.view(second);
    expect(plan.deletes.map((row) => row.path)).toEqual([configPath]);
    expect(plan.stays).toMatchObject([{ path: base, reason: 'used-by', usedBy: ['one'] }]);
    expect((await refusalOf(bench.client.machines.delete({ id: second, files: [base] }))).code).toBe('api.bad-request');
    await bench.client.machines.delete({ id: second, files: plan.deletes.map((row) => row.path) });
    expect(existsSync(directory)).toBe(false);
    expect((await bench.views()).map((view) => view.id)).toEqual([first]);
    const own = await bench.client.machines.deletionPlan({ id: first });
    expect(own.deletes.map((row) => row.path)).toContain(base);
  });

  it.runIf(existsSync('/proc/self/mem'))('are not offered where nobody knows who hangs from them', async () => {
    const id = await create('qa');
    const [{ path = '' } = {}] = (await bench.view(id)).disks;
    expect((await bench.client.machines.deletionPlan({ id })).deletes.map((row) => row.path)).toContain(path);
    // Its first bytes can't be read.
    symlinkSync('/proc/self/mem', join(dirname(path), 'other.vmdk'));
    const plan = await bench.client.machines.deletionPlan({ id });
    expect([...plan.deletes, ...plan.stays].map((row) => row.path)).not.toContain(path);
  });

  it('offer to finish a commit that was interrupted', async () => {
    const id = await create('qa');
    await bench.client.machines.powerOn({ id });
    await bench.client.machines.powerOff({ id });
    const { question } = await bench.waitFor(id, (view) => view.power === 'deciding', 'asked');
    await bench.client.machines.decide({ id, answers: [{ slot, answer: 'keep' }] });
    await bench.waitFor(id, (view) => view.power === 'off', 'went off');
    const redo = question?.disks[0]?.redo ?? '';
    await expect(
      commitRedoLog(
        { redo, context: { settingsDirectory: bench.home.settingsDirectory } },
        {
          reached: (step) => {
            if (step === 'parent-marked') throw new Error('the host went down');
          },
        },
      ),
    ).rejects.toThrow('the host went down');
    await bench.closeShell();
    await bench.openShell();
    expect((await bench.view(id)).disks[0]?.problem?.code).toBe('disk.commit-unfinished');
    await bench.client.machines.resumeCommit({ id, slot });
    const view = await bench.waitFor(id, (one) => !one.hasWaitingChanges && one.jobId === undefined, 'committed');
    expect(view.disks[0]?.problem).toBeUndefined();
    expect(existsSync(redo)).toBe(false);
  });
});
