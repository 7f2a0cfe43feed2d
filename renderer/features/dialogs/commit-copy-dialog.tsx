import { useState } from 'react';
import { PathField } from '../../components/path-field.tsx';
import type { CommitToCopy } from '../../stores/dialogs.ts';
import { fileName } from '../../words/file-name.ts';
import { t } from './dialogs-words.ts';
import styles from './dialogs.module.css';
import { QuestionDialog } from './question-dialog.tsx';

/** Where the new disk goes that a commit writes instead of the parent. */
export function CommitCopyDialog({ copy, onClose }: { copy: CommitToCopy; onClose: () => void }) {
  const { vm, parent, proposed, perform } = copy;
  const [file, setFile] = useState(proposed);
  return (
    <QuestionDialog
      title={t('copy.title', { vm })}
      verb={t('copy.button')}
      isDanger={false}
      isDisabled={file.trim() === ''}
      testId="copy"
      onClose={onClose}
      onConfirm={() => perform(file.trim())}
    >
      <p className={styles.text}>{t('copy.text', { vm, parent: fileName(parent) })}</p>
      <PathField label={t('copy.file')} value={file} testId="copy.file" onChange={setFile} />
    </QuestionDialog>
  );
}
