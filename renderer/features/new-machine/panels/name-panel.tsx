import { TextInput } from '@mantine/core';
import { FileList } from '../../../components/file-list.tsx';
import { joinPath } from '../../../components/path-text.ts';
import { PathField } from '../../../components/path-field.tsx';
import { sayProblem } from '../../../components/problem-words.ts';
import { pickPath } from '../../disk-picker/pick-path.ts';
import type { Wizard } from '../use-wizard.ts';
import { t } from '../wizard-words.ts';
import styles from './panel.module.css';

/** The machine's name and its folder. */
export function NamePanel({ wizard }: { wizard: Wizard }) {
  const { draft, answers, change } = wizard;
  const name = draft.name ?? answers.name;
  return (
    <>
      <TextInput
        label={t('name.name')}
        value={name}
        data-testid="wizard.name"
        autoComplete="off"
        spellCheck={false}
        error={sayProblem(wizard.problemOf('name'))}
        onChange={(event) => {
          change({ name: event.currentTarget.value });
        }}
      />
      <PathField
        label={t('name.location')}
        value={answers.directory}
        testId="wizard.location"
        help={t('name.folderNote')}
        problem={sayProblem(wizard.problemOf('directory'))}
        onChange={(directory) => {
          change({ directory });
        }}
        onBrowse={() => {
          pickPath({
            what: 'folder',
            onPick: (directory) => {
              change({ directory });
            },
          });
        }}
      />
      {wizard.configPath === undefined || answers.name === '' ? undefined : (
        <div className={styles.section}>
          <p className={styles.label}>{t('name.files')}</p>
          <FileList label={t('name.files')} testId="wizard.name.files" files={willBeMade(wizard.configPath, wizard)} />
        </div>
      )}
    </>
  );
}

/** The configuration, and the new disk's files where there is one. */
function willBeMade(configPath: string, wizard: Wizard): { path: string }[] {
  const { answers, diskFiles } = wizard;
  const disk = answers.disk === 'new' ? (diskFiles?.files ?? []) : [];
  return [
    configPath,
    ...disk.map((file) => (file.includes('/') || file.includes('\\') ? file : joinPath(answers.directory, file))),
  ].map((path) => ({ path }));
}
