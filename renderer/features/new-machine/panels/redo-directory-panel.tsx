import { Button } from '@mantine/core';
import { createFolder } from '../../../calls/proposals.ts';
import { Notice } from '../../../components/notice.tsx';
import { PathField } from '../../../components/path-field.tsx';
import { resolveRedoDirectory } from '../../../components/redo-directory.ts';
import { sayProblem } from '../../../components/problem-words.ts';
import { showError } from '../../../stores/dialogs.ts';
import { asRedoubtError } from '../../../transport/as-redoubt-error.ts';
import { pickPath } from '../../disk-picker/pick-path.ts';
import type { Wizard } from '../use-wizard.ts';
import { t } from '../wizard-words.ts';
import styles from './panel.module.css';

/** In which folder the redo logs of this machine will lie. */
export function RedoDirectoryPanel({ wizard }: { wizard: Wizard }) {
  const { draft, answers, change } = wizard;
  const problem = wizard.problemOf('redo-directory');
  const isMissing =
    typeof problem === 'object' && problem.is('disk.redo-directory') && problem.details.reason === 'missing';
  const folder = resolveRedoDirectory(answers.redoLogDir, answers.directory, answers.existingPath);
  return (
    <>
      <PathField
        label={t('redo.label')}
        value={draft.redoLogDir ?? answers.redoLogDir}
        testId="wizard.redo"
        help={t('redo.help')}
        problem={sayProblem(problem)}
        onChange={(redoLogDir) => {
          change({ redoLogDir });
        }}
        onBrowse={() => {
          pickPath({
            what: 'folder',
            directory: folder,
            machineDirectory: answers.directory,
            onPick: (redoLogDir) => {
              change({ redoLogDir });
            },
          });
        }}
      />
      {isMissing ? (
        <div>
          <Button
            data-testid="wizard.redo.create"
            onClick={() => {
              createFolder(folder).then(wizard.checkAgain, (error: unknown) => {
                showError(asRedoubtError(error));
              });
            }}
          >
            {t('redo.create')}
          </Button>
        </div>
      ) : undefined}
      {wizard.redoWarning === undefined ? undefined : <Notice kind="warning">{wizard.redoWarning}</Notice>}
      <p className={styles.lead} data-testid="wizard.redo.where">
        {t('redo.where', { folder })} {t('redo.others')}
      </p>
    </>
  );
}
