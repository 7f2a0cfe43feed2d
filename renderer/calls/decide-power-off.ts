import type { CommitDependents, Decision } from '../../core/api/machines.ts';
import { showToast } from '../stores/toasts.ts';
import { client } from '../transport/client.ts';
import { defineWords } from '../words/message.ts';

const t = defineWords({ 'p1.kept': 'Changes kept. Decide any time under Disks.' });

/**
 * Answers the open power-off question of a machine, one row a disk. `isAlways`: the machine remembers the
 * answer and does not ask again. Commits go on as tasks after this returns.
 */
export async function decidePowerOff(input: {
  id: string;
  answers: { slot: string; answer: Decision; dependents?: CommitDependents; copyTo?: string }[];
  isAlways: boolean;
}): Promise<void> {
  const { id, answers, isAlways } = input;
  await client().machines.decide({ id, answers, ...(isAlways ? { always: true } : {}) });
  if (answers.every((one) => one.answer === 'keep')) showToast(t('p1.kept'));
}
