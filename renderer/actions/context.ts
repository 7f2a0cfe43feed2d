import { useMemo } from 'react';
import { basesOf } from '../stores/bases.ts';
import { useConnection } from '../stores/connection.ts';
import { useConsole } from '../stores/console.ts';
import { useMachines } from '../stores/machines.ts';
import { useSelection, type Selection } from '../stores/selection.ts';
import type { ActionContext } from './action.ts';

/** What the actions see now, for what is selected or for another target. */
export function readActionContext(target: Selection = useSelection.getState().selection): ActionContext {
  const { machines } = useMachines.getState();
  return {
    machine: target.kind === 'machine' ? machines.find((machine) => machine.id === target.id) : undefined,
    base: target.kind === 'base' ? basesOf(machines).find((base) => base.path === target.path) : undefined,
    tab: useSelection.getState().tab,
    isConnected: useConnection.getState().state !== 'lost',
    shell: typeof window !== 'undefined' && window.redoubt?.shell === 'electron' ? 'electron' : 'tab',
    console: useConsole.getState().handle,
  };
}

/** The same as a hook: draws again when something changes that actions decide by. */
export function useActionContext(target?: Selection): ActionContext {
  const selection = useSelection((state) => state.selection);
  const tab = useSelection((state) => state.tab);
  const machines = useMachines((state) => state.machines);
  const connection = useConnection((state) => state.state);
  const console = useConsole((state) => state.handle);
  const aim = target ?? selection;
  // The stores are read whole; the list says what makes reading them again worthwhile.
  return useMemo(() => readActionContext(aim), [aim, tab, machines, connection, console]);
}
