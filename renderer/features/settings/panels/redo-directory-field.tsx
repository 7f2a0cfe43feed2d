import { Button } from '@mantine/core';
import { useState } from 'react';
import { checkRedoDirectory, createFolder } from '../../../calls/proposals.ts';
import { Notice } from '../../../components/notice.tsx';
import { PathField } from '../../../components/path-field.tsx';
import { resolveRedoDirectory } from '../../../components/redo-directory.ts';
import { sayProblem } from '../../../components/problem-words.ts';
import { useAnswer } from '../../../components/use-answer.ts';
import { fromWire } from '../../../errors/redoubt-error.ts';
import { showError } from '../../../stores/dialogs.ts';
import { asRedoubtError } from '../../../transport/as-redoubt-error.ts';
import { pickPath } from '../../disk-picker/pick-path.ts';
import { diskPath } from '../settings-draft.ts';
import { t } from '../settings-words.ts';
import type { Editor } from '../use-settings.ts';
import styles from '../settings.module.css';

/** The REDO log directory, checked as it is typed, with the way out beside the finding. */
export function RedoDirectoryField({ editor }: { editor: Editor }) {
  const { settings, machine, isLocked, lockId } = editor;
  const [round, setRound] = useState(0);
  const undoable = settings.disks.filter((disk) => disk.mode !== 'persistent').map((disk) => diskPath(disk, machine));
  const input = {
    machineId: machine.id,
    machineDirectory: machine.directory,
    diskPaths: undoable,
    redoLogDir: settings.redoLogDir,
  };
  const check = useAnswer(JSON.stringify([input, round]), () => checkRedoDirectory(input));
  const problem = check.error ?? (check.value?.problem === undefined ? undefined : fromWire(check.value.problem));
  const folder = resolveRedoDirectory(settings.redoLogDir, machine.directory, undoable[0] ?? machine.directory);
  const isMissing = problem?.is('disk.redo-directory') === true && problem.details.reason === 'missing';
  const set = (redoLogDir: string) => {
    editor.change({ redoLogDir });
  };
  return (
    <div>
      <PathField
        label={t('general.redo')}
        value={settings.redoLogDir}
        help={t('general.redoHelp')}
        testId="settings.redo"
        problem={sayProblem(problem)}
        isDisabled={isLocked}
        {...(lockId === undefined ? {} : { describedBy: lockId })}
        onChange={set}
        onBrowse={() => {
          pickPath({ what: 'folder', directory: folder, machineDirectory: machine.directory, onPick: set });
        }}
      />
      {problem === undefined || isLocked ? undefined : (
        <div className={styles.line}>
          {isMissing ? (
            <Button
              data-testid="settings.redo.create"
              onClick={() => {
                createFolder(folder).then(
                  () => {
                    setRound((before) => before + 1);
                  },
                  (error: unknown) => {
                    showError(asRedoubtError(error));
                  },
                );
              }}
            >
              {t('general.create')}
            </Button>
          ) : undefined}
          {settings.redoLogDir === '.' ? undefined : (
            <Button
              data-testid="settings.redo.useDot"
              onClick={() => {
                set('.');
              }}
            >
              {t('general.useDot')}
            </Button>
          )}
        </div>
      )}
      {check.value?.warning === undefined ? undefined : <Notice kind="warning">{check.value.warning}</Notice>}
    </div>
  );
}
