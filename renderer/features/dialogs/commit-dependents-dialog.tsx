import { Button } from '@mantine/core';
import { useId, useState } from 'react';
import { ConsequenceButton } from '../../components/consequence-button.tsx';
import { DialogBody, DialogFooter, DialogFrame } from '../../components/dialog-frame.tsx';
import { Notice } from '../../components/notice.tsx';
import { sayProblem } from '../../components/problem-words.ts';
import type { RedoubtError } from '../../errors/redoubt-error.ts';
import { openDialog, useDialogs, type CommitQuestion } from '../../stores/dialogs.ts';
import { selectMachine } from '../../stores/selection.ts';
import { asRedoubtError } from '../../transport/as-redoubt-error.ts';
import { fileName } from '../../words/file-name.ts';
import { listWords } from '../../words/list.ts';
import { DependentsList } from './dependents-list.tsx';
import { t } from './dialogs-words.ts';
import styles from './dialogs.module.css';
import { useRunningNames } from './use-running-names.ts';

export interface CommitDependentsDialogProps {
  machineId: string;
  question: CommitQuestion;
  onClose: () => void;
}

/** A commit would change a disk that others read. It names them and the ways on; keeping the changes has the focus. */
export function CommitDependentsDialog({ machineId, question, onClose }: CommitDependentsDialogProps) {
  const { parent, dependents, keep, commit } = question;
  const textId = useId();
  // Over a half-filled form or another question, leaving for the Disks tab would lose what was begun.
  const isAlone = useDialogs((state) => state.stack.length === 1) && keep === undefined;
  const name = fileName(parent);
  const stopKeeping = () => {
    onClose();
    keep?.();
  };
  return (
    <DialogFrame
      role="alertdialog"
      title={t('d1.title', { n: Math.max(1, dependents.length) })}
      describedBy={textId}
      widthPx={580}
      testId="d1"
      onClose={onClose}
    >
      <DialogBody>
        <div id={textId}>
          <DependentsList label={t('d1.base', { parent: name })} dependents={dependents} />
          <p className={styles.text}>{t('d1.why', { parent: name })}</p>
        </div>
        {commit === undefined ? undefined : (
          <Ways machineId={machineId} question={question} commit={commit} onClose={onClose} />
        )}
      </DialogBody>
      <DialogFooter
        start={
          commit === undefined || question.isProtected === true ? undefined : (
            <Button
              variant="subtle"
              className={styles.anyway ?? ''}
              data-testid="d1.anyway"
              onClick={() => {
                onClose();
                openDialog({ kind: 'break-dependents', machineId, question });
              }}
            >
              {t('d1.anyway')}
            </Button>
          )
        }
      >
        {isAlone ? (
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
        <Button variant="filled" data-autofocus data-testid="d1.keep" onClick={stopKeeping}>
          {t('d1.keep')}
        </Button>
      </DialogFooter>
    </DialogFrame>
  );
}

interface WaysProps {
  machineId: string;
  question: CommitQuestion;
  commit: NonNullable<CommitQuestion['commit']>;
  onClose: () => void;
}

/** The ways on that hurt nobody, each with what it will have done. */
function Ways({ machineId, question, commit, onClose }: WaysProps) {
  const { dependents, sizeBytes, isProtected = false, copy } = question;
  const parent = fileName(question.parent);
  const running = useRunningNames(dependents);
  const [isBusy, setIsBusy] = useState(false);
  const [failure, setFailure] = useState<RedoubtError>();
  const preserve = async () => {
    setIsBusy(true);
    setFailure(undefined);
    try {
      await commit('preserve');
      onClose();
    } catch (thrown) {
      setIsBusy(false);
      setFailure(asRedoubtError(thrown));
    }
  };
  return (
    <>
      {isProtected ? (
        <Notice kind="warning" isLive={false} testId="d1.protected">
          {t('d1.protected', { parent })}
        </Notice>
      ) : undefined}
      {!isProtected && running.length > 0 ? (
        <Notice kind="warning" isLive={false} testId="d1.runs">
          {t('d1.runs', { n: running.length, names: listWords(running) })}
        </Notice>
      ) : undefined}
      {failure === undefined ? undefined : (
        <Notice kind="problem" testId="d1.failure">
          {sayProblem(failure)}
        </Notice>
      )}
      <div className={styles.ways}>
        <ConsequenceButton
          title={t('d1.preserve')}
          consequence={t('d1.preserveText', { size: { bytes: sizeBytes }, parent })}
          look="plain"
          testId="d1.preserve"
          isDisabled={isBusy || isProtected || running.length > 0}
          isBusy={isBusy}
          onClick={() => void preserve()}
        />
        {copy === undefined ? undefined : (
          <ConsequenceButton
            title={t('d1.copy')}
            consequence={t('d1.copyText', { parent })}
            look="plain"
            testId="d1.copy"
            isDisabled={isBusy}
            onClick={() => {
              onClose();
              openDialog({ kind: 'commit-copy', machineId, copy });
            }}
          />
        )}
      </div>
    </>
  );
}
