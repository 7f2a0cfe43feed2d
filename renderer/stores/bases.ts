import type { MachineView } from '../../core/api/machines.ts';

/** A disk that others hang from, or that is protected: the first file's path and who uses it. */
export interface BaseView {
  readonly path: string;
  readonly isProtected: boolean;
  /** Size and capacity are known where a machine has the base itself as its disk. */
  readonly capacityBytes?: number;
  readonly allocatedBytes?: number;
  readonly machines: readonly MachineView[];
}

/**
 * The bases that the library's machines stand on. A disk counts as a base when it is the last of a chain of
 * several, when it is protected, or when a redo log of another machine hangs from it. Sorted by path.
 */
export function basesOf(machines: readonly MachineView[]): readonly BaseView[] {
  const found = new Map<
    string,
    { isProtected: boolean; capacityBytes?: number; allocatedBytes?: number; machines: MachineView[] }
  >();
  for (const machine of machines) {
    for (const disk of machine.disks) {
      const last = disk.chain?.at(-1);
      if (last === undefined) continue;
      const isWholeChain = disk.chain?.length === 1;
      const isShared = !isWholeChain || disk.isProtected === true || disk.dependentCount > 0;
      if (!isShared) continue;
      const base = found.get(last.path) ?? { isProtected: false, machines: [] };
      base.isProtected ||= last.isReadOnly;
      if (isWholeChain && disk.capacityBytes !== undefined) base.capacityBytes = disk.capacityBytes;
      if (isWholeChain && disk.allocatedBytes !== undefined) base.allocatedBytes = disk.allocatedBytes;
      if (!base.machines.includes(machine)) base.machines.push(machine);
      found.set(last.path, base);
    }
  }
  return [...found].map(([path, base]) => ({ path, ...base })).sort((a, b) => a.path.localeCompare(b.path));
}
