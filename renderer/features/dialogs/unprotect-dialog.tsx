import type { Dependent } from '../../../core/api/errors.ts';
import { fileName } from '../../words/file-name.ts';
import { DependentsList } from './dependents-list.tsx';
import { t } from './dialogs-words.ts';
import { QuestionDialog } from './question-dialog.tsx';
import styles from './dialogs.module.css';

export interface UnprotectDialogProps {
  path: string;
  dependents: readonly Dependent[];
  perform: () => void | Promise<void>;
  onClose: () => void;
}

/** Before a base may be written to again: who depends on it. */
export function UnprotectDialog({ path, dependents, perform, onClose }: UnprotectDialogProps) {
  return (
    <QuestionDialog
      title={t('d7.title', { base: fileName(path) })}
      verb={t('d7.button')}
      isDanger
      testId="d7"
      onClose={onClose}
      onConfirm={perform}
    >
      {dependents.length === 0 ? (
        <p className={styles.text}>{t('d7.none')}</p>
      ) : (
        <DependentsList label={t('d7.list')} dependents={dependents} />
      )}
    </QuestionDialog>
  );
}
