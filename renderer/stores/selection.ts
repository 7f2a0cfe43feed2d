import { create } from 'zustand';

/** What the sidebar points at: a machine, a base by the path of its first file, or nothing. */
export type Selection = { kind: 'none' } | { kind: 'machine'; id: string } | { kind: 'base'; path: string };

export const machineTabs = ['summary', 'console', 'disks', 'settings'] as const;
export type MachineTab = (typeof machineTabs)[number];

interface SelectionState {
  readonly selection: Selection;
  readonly tab: MachineTab;
  /** What the search field holds. */
  readonly query: string;
}

export const useSelection = create<SelectionState>()(() => ({
  selection: { kind: 'none' },
  tab: 'summary',
  query: '',
}));

/** Shows a machine; the tab stays unless one is named. */
export function selectMachine(id: string, tab?: MachineTab): void {
  useSelection.setState({ selection: { kind: 'machine', id }, ...(tab === undefined ? {} : { tab }) });
}

export function selectBase(path: string): void {
  useSelection.setState({ selection: { kind: 'base', path } });
}

export function selectNothing(): void {
  useSelection.setState({ selection: { kind: 'none' } });
}

export function selectTab(tab: MachineTab): void {
  useSelection.setState({ tab });
}

export function setQuery(query: string): void {
  useSelection.setState({ query });
}
