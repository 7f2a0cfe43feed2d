import { Button } from '@mantine/core';
import { useId } from 'react';
import type { Dependent } from '../../../core/api/errors.ts';
import { DialogBody, DialogFooter, DialogFrame } from '../../components/dialog-frame.tsx';
import { useDialogs } from '../../stores/dialogs.ts';
import { selectMachine } from '../../stores/selection.ts';
import { fileName } from '../../words/file-name.ts';
import { DependentsList } from './dependents-list.tsx';
import { t } from './dialogs-words.ts';
import styles from './dialogs.module.css';

export interface CommitDependentsDialogProps {
  machineId: string;
  parent: string;
  dependents: readonly Dependent[];
  /** Keeps the changes, where the commit was an answer to the power-off question. */
  onKeep: (() => void) | undefined;
  onClose: () => void;
}

/** A commit would change a disk that others read. It names them; the harmless answer has the focus. */
export function CommitDependentsDialog({
  machineId,
  parent,
  dependents,
  onKeep,
  onClose,
}: CommitDependentsDialogProps) {
  const textId = useId();
  // Over a half-filled form, leaving for the Disks tab would lose what was typed.
  const isAlone = useDialogs((state) => state.stack.length === 1);
  const name = fileName(parent);
  return (
    <DialogFrame
      role="alertdialog"
      title={t('d1.title', { n: Math.max(1, dependents.length) })}
      describedBy={textId}
      testId="d1"
      onClose={onClose}
    >
      <DialogBody>
        <div id={textId}>
          <DependentsList label={t('d1.base', { parent: name })} dependents={dependents} />
          <p className={styles.text}>{t('d1.why', { parent: name })}</p>
        </div>
      </DialogBody>
      <DialogFooter>
        {onKeep === undefined && isAlone ? (
          <Button
            data-testid="d1.show"
            onClick={() => {
              onClose();
              selectMachine(machineId, 'disks');
            }}
          >
            {t('d1.show')}
          </Button>
        ) : undefined}
        <Button
          variant={onKeep === undefined ? 'filled' : 'default'}
          data-testid="d1.close"
          {...(onKeep === undefined ? { 'data-autofocus': true } : {})}
          onClick={onClose}
        >
          {t('close')}
        </Button>
        {onKeep === undefined ? undefined : (
          <Button
            variant="filled"
            data-autofocus
            data-testid="d1.keep"
            onClick={() => {
              onClose();
              onKeep();
            }}
          >
            {t('d1.keep')}
          </Button>
        )}
      </DialogFooter>
    </DialogFrame>
  );
}
