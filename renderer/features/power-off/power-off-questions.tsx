import { useMachines } from '../../stores/machines.ts';
import { PowerOffDialog } from './power-off-dialog.tsx';

/**
 * Asks the power-off question of every machine that has stopped and waits for its answer, one machine at a
 * time. The core holds the question: a window that opens later asks it as well.
 */
export function PowerOffQuestions() {
  const asking = useMachines((state) => state.machines.find((machine) => machine.question !== undefined));
  if (asking?.question === undefined) return undefined;
  return (
    <PowerOffDialog key={`${asking.id}-${String(asking.question.disks[0]?.since ?? 0)}`} question={asking.question} />
  );
}
