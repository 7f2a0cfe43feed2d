import { useEffect } from 'react';
import type { MachineView } from '../../../core/api/machines.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { basesOf } from '../../stores/bases.ts';
import { useMachines } from '../../stores/machines.ts';
import { selectMachine, selectNothing, useSelection } from '../../stores/selection.ts';
import { BasePage } from '../base/base-page.tsx';
import { MachinePage } from '../machine/machine-page.tsx';
import { WelcomePage } from '../welcome/welcome-page.tsx';
import { t } from './words.ts';

/** What the sidebar points at, or how to begin. */
export function MainArea() {
  const { isLoading, machines } = useMachines();
  const selection = useSelection((state) => state.selection);
  useSomethingSelected();

  if (isLoading) return <EmptyState title={t('loading')} />;
  if (machines.length === 0) return <WelcomePage />;
  if (selection.kind === 'base') {
    const base = basesOf(machines).find((candidate) => candidate.path === selection.path);
    if (base !== undefined) return <BasePage base={base} />;
  }
  const machine =
    selection.kind === 'machine' ? machines.find((candidate) => candidate.id === selection.id) : undefined;
  return machine === undefined ? <EmptyState title={t('nothing.selected')} /> : <MachinePage machine={machine} />;
}

/**
 * Keeps the selection on something that exists: the first machine when the library arrives, and when what
 * was selected is gone. A machine that was just made is selected before its event arrives, so a selection
 * is given up only if it had been there.
 */
function useSomethingSelected(): void {
  useEffect(() => {
    keepSelection(useMachines.getState().machines, []);
    return useMachines.subscribe((state, before) => {
      keepSelection(state.machines, before.machines);
    });
  }, []);
}

function keepSelection(machines: readonly MachineView[], before: readonly MachineView[]): void {
  const { selection } = useSelection.getState();
  const isThere =
    selection.kind === 'machine'
      ? machines.some((machine) => machine.id === selection.id) ||
        !before.some((machine) => machine.id === selection.id)
      : selection.kind === 'base' && basesOf(machines).some((base) => base.path === selection.path);
  if (isThere) return;
  const [first] = machines;
  if (first === undefined) selectNothing();
  else selectMachine(first.id);
}
