import { create } from 'zustand';
import type { MachineEvent, MachineView } from '../../core/api/machines.ts';

export interface MachinesState {
  /** No snapshot has arrived yet. */
  readonly isLoading: boolean;
  readonly revision: number;
  /** In the library's order. */
  readonly machines: readonly MachineView[];
}

/** The library as the core last told it. Written by follow.ts only; the core owns the truth. */
export const useMachines = create<MachinesState>()(() => ({ isLoading: true, revision: 0, machines: [] }));

/**
 * The state after an event, or `gap` when changes were missed and a new snapshot is needed. Changes of
 * revisions that are already in are left out: a snapshot may overtake them.
 */
export function applyMachineEvent(state: MachinesState, event: MachineEvent): MachinesState | 'gap' {
  if (event.kind === 'snapshot') return { isLoading: false, revision: event.revision, machines: event.machines };
  if (state.isLoading) return 'gap';
  if (event.revision <= state.revision) return state;
  if (event.revision !== state.revision + 1) return 'gap';
  return { ...state, revision: event.revision, machines: change(state.machines, event) };
}

function change(
  machines: readonly MachineView[],
  event: Exclude<MachineEvent, { kind: 'snapshot' }>,
): readonly MachineView[] {
  if (event.kind === 'removed') return machines.filter((machine) => machine.id !== event.id);
  const isKnown = machines.some((machine) => machine.id === event.machine.id);
  if (!isKnown) return [...machines, event.machine];
  return machines.map((machine) => (machine.id === event.machine.id ? event.machine : machine));
}

/** One machine by its id, as a hook; `undefined` once it is gone. */
export function useMachine(id: string | undefined): MachineView | undefined {
  return useMachines((state) => state.machines.find((machine) => machine.id === id));
}

/** The same outside a component. */
export function findMachine(id: string | undefined): MachineView | undefined {
  return useMachines.getState().machines.find((machine) => machine.id === id);
}
