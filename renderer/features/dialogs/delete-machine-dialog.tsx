import { Checkbox } from '@mantine/core';
import { useState } from 'react';
import { deleteMachine } from '../../calls/delete-machine.ts';
import { deletionPlan, type DeletionPlan } from '../../calls/proposals.ts';
import { Notice } from '../../components/notice.tsx';
import { sayProblem } from '../../components/problem-words.ts';
import { useAnswer } from '../../components/use-answer.ts';
import { useMachine } from '../../stores/machines.ts';
import { listWords } from '../../words/list.ts';
import { formatSize } from '../../words/sizes.ts';
import { FileList } from '../../components/file-list.tsx';
import { t } from './dialogs-words.ts';
import { QuestionDialog } from './question-dialog.tsx';
import styles from './dialogs.module.css';

/** Shows exactly what deleting would delete and what would stay, and why, before it does. */
export function DeleteMachineDialog({ machineId, onClose }: { machineId: string; onClose: () => void }) {
  const vm = useMachine(machineId)?.name ?? '';
  const plan = useAnswer(`plan ${machineId}`, () => deletionPlan(machineId), 0);
  const [spared, setSpared] = useState<ReadonlySet<string>>(new Set());
  const deletes = plan.value?.deletes ?? [];
  const chosen = deletes.map((file) => file.path).filter((path) => !spared.has(path));
  const undecided = (plan.value?.stays ?? []).filter((file) => file.reason === 'may-be-used');
  const outOfReach = [...new Set(undecided.flatMap((file) => file.mayUse))];
  const toggle = (path: string) => {
    setSpared((before) =>
      before.has(path) ? new Set([...before].filter((one) => one !== path)) : new Set([...before, path]),
    );
  };
  return (
    <QuestionDialog
      title={t('d4.title', { vm })}
      verb={t('d4.button')}
      isDanger
      isDisabled={plan.value === undefined}
      testId="d4"
      onClose={onClose}
      onConfirm={() => deleteMachine(machineId, chosen)}
    >
      {plan.error === undefined ? undefined : <Notice kind="problem">{sayProblem(plan.error)}</Notice>}
      {plan.value === undefined && plan.error === undefined ? (
        <p className={styles.text}>{t('d4.reading')}</p>
      ) : undefined}
      {deletes.length === 0 ? undefined : (
        <fieldset className={styles.group}>
          <legend>{t('d4.deletes')}</legend>
          <div className={styles.ticks}>
            {deletes.map((file) => (
              <div key={file.path} className={styles.tick}>
                <Checkbox
                  label={file.path}
                  aria-label={t('d4.file', { file: file.path })}
                  checked={!spared.has(file.path)}
                  onChange={() => {
                    toggle(file.path);
                  }}
                />
                <span className={styles.quiet}>{formatSize(file.sizeBytes)}</span>
              </div>
            ))}
          </div>
        </fieldset>
      )}
      {plan.value !== undefined && chosen.length === 0 ? <p className={styles.text}>{t('d4.nothing')}</p> : undefined}
      {(plan.value?.stays.length ?? 0) === 0 ? undefined : (
        <div className={styles.group}>
          <p className={styles.legend}>{t('d4.stays')}</p>
          <FileList
            label={t('d4.stays')}
            testId="d4.stays"
            files={(plan.value?.stays ?? []).map((file) => ({ path: file.path, note: reasonWords(file) }))}
          />
        </div>
      )}
      {outOfReach.length === 0 ? undefined : (
        <p className={styles.text}>{t('d4.outOfReach', { files: listWords(outOfReach) })}</p>
      )}
    </QuestionDialog>
  );
}

function reasonWords({ reason, usedBy }: DeletionPlan['stays'][number]): string {
  return reason === 'used-by' ? t('d4.usedBy', { names: listWords(usedBy) }) : t(`d4.${reason}`);
}
