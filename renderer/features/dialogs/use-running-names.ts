import type { Dependent } from '../../../core/api/errors.ts';
import type { MachineView } from '../../../core/api/machines.ts';
import { useMachines } from '../../stores/machines.ts';

/** The machines among dependents that run now, by name; as they were told where the library does not know them. */
export function useRunningNames(dependents: readonly Dependent[]): string[] {
  return runningNames(
    dependents,
    useMachines((state) => state.machines),
  );
}

/** Two machines may have one name, so the id counts where it was told. */
export function runningNames(
  dependents: readonly Dependent[],
  machines: readonly Pick<MachineView, 'id' | 'name' | 'power'>[],
): string[] {
  const names = dependents.flatMap(({ machineId, machineName, isRunning = false }) => {
    if (machineName === undefined) return [];
    const power = machines.find(({ id, name }) =>
      machineId === undefined ? name === machineName : id === machineId,
    )?.power;
    const runsNow = power === undefined ? isRunning : power !== 'off' && power !== 'failed';
    return runsNow ? [machineName] : [];
  });
  return [...new Set(names)];
}
