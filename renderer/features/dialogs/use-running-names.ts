import type { Dependent } from '../../../core/api/errors.ts';
import { useMachines } from '../../stores/machines.ts';

/** The machines among dependents that run now, by name; as they were told where the library does not know them. */
export function useRunningNames(dependents: readonly Dependent[]): string[] {
  const machines = useMachines((state) => state.machines);
  const names = dependents.flatMap(({ machineName, isRunning = false }) => {
    if (machineName === undefined) return [];
    const power = machines.find(({ name }) => name === machineName)?.power;
    const runsNow = power === undefined ? isRunning : power !== 'off' && power !== 'failed';
    return runsNow ? [machineName] : [];
  });
  return [...new Set(names)];
}
