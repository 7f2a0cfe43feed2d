import { afterEach, describe, expect, it, vi } from 'vitest';
import { useConnection } from '../../../renderer/stores/connection.ts';
import { follow } from '../../../renderer/stores/follow.ts';
import { useJobs } from '../../../renderer/stores/jobs.ts';
import { useMachines } from '../../../renderer/stores/machines.ts';
import { useShellInfo } from '../../../renderer/stores/shell-info.ts';
import type { Connection, ConnectionState } from '../../../renderer/transport/connection.ts';
import { makeFakeConnection } from '../support/fake-client.ts';
import { FakeCore } from '../support/fake-core.ts';
import { makeMachine } from '../support/scenes.ts';

let stop: (() => void) | undefined;

afterEach(() => {
  stop?.();
  useMachines.setState({ isLoading: true, revision: 0, machines: [] });
});

describe('following the core', () => {
  it('fills the stores with snapshots and goes on with changes', async () => {
    const core = new FakeCore({ machines: [makeMachine({ name: 'a' })] });
    stop = follow(makeFakeConnection(core));
    await vi.waitFor(() => {
      expect(useMachines.getState()).toMatchObject({ isLoading: false, revision: 1 });
      expect(useShellInfo.getState().info?.platform).toBe('linux');
    });
    core.patch('a', { power: 'running' });
    core.putJob({
      id: 'j',
      kind: 'commit',
      subject: '/x',
      phase: 'copying',
      doneBytes: 1,
      totalBytes: 2,
      state: 'running',
      startedAt: 0,
    });
    await vi.waitFor(() => {
      expect(useMachines.getState().machines[0]?.power).toBe('running');
      expect(useJobs.getState().jobs).toHaveLength(1);
    });
  });

  it('asks for a new snapshot after a gap', async () => {
    const core = new FakeCore({ machines: [makeMachine({ name: 'a' })] });
    stop = follow(makeFakeConnection(core));
    await vi.waitFor(() => {
      expect(useMachines.getState().isLoading).toBe(false);
    });
    core.machineEvents.send({ kind: 'removed', revision: 50, id: 'a' });
    core.put(makeMachine({ name: 'b' }));
    await vi.waitFor(
      () => {
        expect(useMachines.getState().machines.map((machine) => machine.name)).toEqual(['a', 'b']);
      },
      { timeout: 3000 },
    );
  });

  it('reads again when the connection comes back, and says when it is lost', async () => {
    const core = new FakeCore();
    let tell: (state: ConnectionState) => void = () => undefined;
    const connection: Connection = {
      ...makeFakeConnection(core),
      subscribe(listener) {
        tell = listener;
        listener('open');
        return () => undefined;
      },
    };
    stop = follow(connection);
    await vi.waitFor(() => {
      expect(useMachines.getState().isLoading).toBe(false);
    });
    tell('lost');
    expect(useConnection.getState().state).toBe('lost');
    core.put(makeMachine({ name: 'made meanwhile' }));
    tell('open');
    await vi.waitFor(() => {
      expect(useMachines.getState().machines.map((machine) => machine.name)).toEqual(['made meanwhile']);
    });
  });
});
