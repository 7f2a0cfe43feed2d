import { describe, expect, it } from 'vitest';
import { applyMachineEvent, type MachinesState } from '../../../renderer/stores/machines.ts';
import { makeMachine } from '../support/scenes.ts';

const empty: MachinesState = { isLoading: true, revision: 0, machines: [] };
const [a, b] = [makeMachine({ name: 'a' }), makeMachine({ name: 'b' })];
const loaded: MachinesState = { isLoading: false, revision: 7, machines: [a, b] };

describe('the machines store', () => {
  it('takes a snapshot whatever it held before', () => {
    expect(applyMachineEvent(empty, { kind: 'snapshot', revision: 7, machines: [a, b] })).toEqual(loaded);
    expect(applyMachineEvent(loaded, { kind: 'snapshot', revision: 2, machines: [b] })).toEqual({
      isLoading: false,
      revision: 2,
      machines: [b],
    });
  });

  it('replaces a changed machine in its place and appends a new one', () => {
    const changed = { ...a, power: 'running' as const };
    expect(applyMachineEvent(loaded, { kind: 'changed', revision: 8, machine: changed })).toEqual({
      ...loaded,
      revision: 8,
      machines: [changed, b],
    });
    const c = makeMachine({ name: 'c' });
    expect(applyMachineEvent(loaded, { kind: 'changed', revision: 8, machine: c })).toEqual({
      ...loaded,
      revision: 8,
      machines: [a, b, c],
    });
  });

  it('drops a removed machine', () => {
    expect(applyMachineEvent(loaded, { kind: 'removed', revision: 8, id: 'a' })).toEqual({
      ...loaded,
      revision: 8,
      machines: [b],
    });
  });

  it('leaves out what is older than the snapshot', () => {
    expect(applyMachineEvent(loaded, { kind: 'removed', revision: 7, id: 'a' })).toBe(loaded);
  });

  it('says gap when a revision was missed or no snapshot came first', () => {
    expect(applyMachineEvent(loaded, { kind: 'removed', revision: 9, id: 'a' })).toBe('gap');
    expect(applyMachineEvent(empty, { kind: 'changed', revision: 1, machine: a })).toBe('gap');
  });
});
