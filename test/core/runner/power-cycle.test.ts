import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MachineSettings } from '../../../core/api/machines.ts';
import { CoreBench, refusalOf } from '../../support/core-bench.ts';

/** A real runner process; the guest is the fake one, which counts its boots on the disk. */
describe('a machine with an undoable disk', { timeout: 60_000 }, () => {
  let bench: CoreBench;
  let id: string;

  beforeEach(async () => {
    bench = await CoreBench.open();
    ({ id } = await bench.client.machines.createDemo({}));
    await change({ backend: 'fake' });
  });
  afterEach(async () => {
    await bench.close();
  });

  const change = async (some: Partial<MachineSettings>): Promise<void> => {
    const settings = await bench.client.machines.settings({ id });
    await bench.client.machines.saveSettings({ id, settings: { ...settings, ...some } });
  };
  const runUntilAsked = async () => {
    await bench.client.machines.powerOn({ id, waiting: 'continue' });
    // The fake guest writes its boot counter when it starts.
    await bench.waitFor(id, (view) => (view.disks[0]?.redo?.allocatedBytes ?? 0) > 0, 'wrote');
    await bench.client.machines.powerOff({ id });
    return (await bench.waitFor(id, (view) => view.power === 'deciding', 'asked')).question;
  };
  const answer = async (decision: 'keep' | 'commit' | 'discard') => {
    await bench.client.machines.decide({ id, answers: [{ slot: 'ide0:0', answer: decision }] });
    return await bench.waitFor(id, (view) => view.power === 'off' && view.jobId === undefined, 'went off');
  };
  const diskBytes = async (): Promise<Buffer> => readFileSync((await bench.view(id)).disks[0]?.path ?? '');

  it('keeps its changes, asks at power-on, and appends to the same log', async () => {
    const before = await diskBytes();
    const question = await runUntilAsked();
    expect(question?.disks[0]).toMatchObject({ slot: 'ide0:0', isEmpty: false, sessions: 1, dependents: [] });
    const kept = await answer('keep');
    expect(kept.hasWaitingChanges).toBe(true);
    expect(await diskBytes()).toEqual(before);

    const refusal = await refusalOf(bench.client.machines.powerOn({ id }));
    expect(refusal).toMatchObject({
      code: 'machine.changes-waiting',
      details: { disks: [{ slot: 'ide0:0', isUnclean: false }] },
    });
    expect((await bench.view(id)).power).toBe('off');

    const again = await runUntilAsked();
    expect(again?.disks[0]).toMatchObject({
      redo: question?.disks[0]?.redo,
      sessions: 2,
      since: question?.disks[0]?.since,
    });
    await answer('keep');
  });

  it('is as before after discard', async () => {
    const before = await diskBytes();
    const question = await runUntilAsked();
    const after = await answer('discard');
    expect(after).toMatchObject({ hasWaitingChanges: false });
    expect(after.problem).toBeUndefined();
    expect(after.disks[0]?.redo).toBeUndefined();
    expect(existsSync(question?.disks[0]?.redo ?? '')).toBe(false);
    expect(await diskBytes()).toEqual(before);
  });

  it('has its changes in the disk after commit, by a job', async () => {
    const before = await diskBytes();
    const question = await runUntilAsked();
    const after = await answer('commit');
    await bench.waitFor(id, (view) => !view.hasWaitingChanges, 'committed');
    expect(after.problem).toBeUndefined();
    expect(existsSync(question?.disks[0]?.redo ?? '')).toBe(false);
    expect((await diskBytes()).equals(before)).toBe(false);
    expect(readdirSync(after.directory).filter((name) => name.includes('REDO') || name.endsWith('.decisions'))).toEqual(
      [],
    );
    await bench.client.machines.powerOn({ id }); // nothing waits: no question
  });

  it('answers by itself where the settings say so', async () => {
    await change({ whenPoweringOff: 'discard' });
    await bench.client.machines.powerOn({ id });
    await bench.client.machines.powerOff({ id });
    const view = await bench.waitFor(id, (one) => one.power === 'off', 'went off');
    expect(view.hasWaitingChanges).toBe(false);
    expect(view.question).toBeUndefined();
  });

  it('is off with changes waiting after its runner was killed', async () => {
    await bench.client.machines.powerOn({ id });
    await bench.waitFor(id, (view) => (view.disks[0]?.redo?.allocatedBytes ?? 0) > 0, 'wrote');
    const pid = await bench.runnerPid(id);
    process.kill(pid, 'SIGKILL');
    const view = await bench.waitFor(id, (one) => one.power === 'off' && one.hasWaitingChanges, 'was noticed');
    expect(view.problem?.code).toBe('machine.runner-failed');
    const refusal = await refusalOf(bench.client.machines.powerOn({ id }));
    expect(refusal.code).toBe('machine.changes-waiting');
    await bench.client.machines.decideWaiting({ id, slot: 'ide0:0', answer: 'discard' });
    expect((await bench.view(id)).hasWaitingChanges).toBe(false);
    await bench.client.machines.powerOn({ id });
  });

  it('goes on without a shell, and the next shell finds it, running and asking', async () => {
    await bench.client.machines.powerOn({ id });
    const pid = await bench.runnerPid(id);
    await bench.closeShell();
    await bench.openShell();
    expect((await bench.view(id)).power).toBe('running');
    expect(await bench.runnerPid(id)).toBe(pid);
    await bench.client.machines.powerOff({ id });
    await bench.waitFor(id, (view) => view.power === 'deciding', 'asked');
    await bench.closeShell();
    await bench.openShell();
    expect((await bench.view(id)).question?.disks).toHaveLength(1);
    await answer('keep');
  });

  it('keeps when its runner is asked to end', async () => {
    await bench.client.machines.powerOn({ id });
    process.kill(await bench.runnerPid(id), 'SIGTERM');
    const view = await bench.waitFor(id, (one) => one.power === 'off', 'went off');
    expect(view.hasWaitingChanges).toBe(true);
    expect(view.problem).toBeUndefined();
  });

  it('refuses changes of its hardware while it runs', async () => {
    await bench.client.machines.powerOn({ id });
    expect(await refusalOf(change({ memoryMb: 64 }))).toMatchObject({ code: 'machine.wrong-power-state' });
    await change({ whenPoweringOff: 'keep' });
    expect(await refusalOf(bench.client.machines.powerOn({ id }))).toMatchObject({ code: 'machine.wrong-power-state' });
  });
});
