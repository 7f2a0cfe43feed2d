import { TextInput } from '@mantine/core';
import { useState } from 'react';
import { Notice } from '../../components/notice.tsx';
import type { CommitQuestion } from '../../stores/dialogs.ts';
import { fileName } from '../../words/file-name.ts';
import { listWords } from '../../words/list.ts';
import { DependentsList } from './dependents-list.tsx';
import { t } from './dialogs-words.ts';
import styles from './dialogs.module.css';
import { QuestionDialog } from './question-dialog.tsx';
import { useRunningNames } from './use-running-names.ts';

export interface BreakDependentsDialogProps {
  question: CommitQuestion;
  onClose: () => void;
}

/** The last question before others are broken for good: the base's name has to be typed, and none of them may run. */
export function BreakDependentsDialog({ question, onClose }: BreakDependentsDialogProps) {
  const { dependents, commit } = question;
  const parent = fileName(question.parent);
  const running = useRunningNames(dependents);
  const [typed, setTyped] = useState('');
  return (
    <QuestionDialog
      title={t('d1b.title', { n: Math.max(1, dependents.length) })}
      verb={t('d1b.button')}
      isDanger
      isDisabled={typed.trim() !== parent || running.length > 0}
      testId="d1b"
      onClose={onClose}
      onConfirm={() => commit?.('break')}
    >
      <DependentsList label={t('d1b.list')} dependents={dependents} />
      {running.length === 0 ? undefined : (
        <Notice kind="warning" isLive={false} testId="d1b.runs">
          {t('d1.runs', { n: running.length, names: listWords(running) })}
        </Notice>
      )}
      <TextInput
        className={styles.typed ?? ''}
        label={t('d1b.type', { parent })}
        value={typed}
        spellCheck={false}
        autoComplete="off"
        dir="ltr"
        data-testid="d1b.typed"
        onChange={(event) => {
          setTyped(event.currentTarget.value);
        }}
      />
    </QuestionDialog>
  );
}
