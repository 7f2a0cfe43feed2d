import { useEffect } from 'react';
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
  const machine = selection.kind === 'machine' ? machines.find((candidate) => candidate.id === selection.id) : undefined;
  return machine === undefined ? <EmptyState title={t('nothing.selected')} /> : <MachinePage machine={machine} />;
}

/**
 * Keeps the selection on something that exists: the first machine when the library arrives, and when what
 * was selected is gone. A machine that was just made is selected before its event arrives, so a selection
 * is given up only if it had been there.
 */
function useSomethingSelected(): void {
  useEffect(
    () =>
      useMachines.subscribe((state, before) => {
        const { selection } = useSelection.getState();
        const first = state.machines[0];
        if (selection.kind === 'none') {
          if (first !== undefined) selectMachine(first.id);
          return;
        }
        if (selection.kind === 'base') {
          if (!basesOf(state.machines).some((base) => base.path === selection.path)) selectNothing();
          return;
        }
        const isThere = state.machines.some((machine) => machine.id === selection.id);
        const wasThere = before.machines.some((machine) => machine.id === selection.id);
        if (isThere || !wasThere) return;
        if (first === undefined) selectNothing();
        else selectMachine(first.id);
      }),
    [],
  );
}
