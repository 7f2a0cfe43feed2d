import { TextInput } from '@mantine/core';
import { sayProblem } from '../../../components/problem-words.ts';
import type { Wizard } from '../use-wizard.ts';
import { t } from '../wizard-words.ts';

/** What the new disk's first file is called. */
export function DiskFilePanel({ wizard }: { wizard: Wizard }) {
  const { draft, answers, change } = wizard;
  return (
    <TextInput
      label={t('diskFile.label')}
      description={t('diskFile.help', { folder: answers.directory })}
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      value={draft.diskFileName ?? answers.diskFileName}
      data-testid="wizard.diskFile"
      autoComplete="off"
      spellCheck={false}
      dir="ltr"
      error={sayProblem(wizard.problemOf('disk-file'))}
      onChange={(event) => {
        change({ diskFileName: event.currentTarget.value });
      }}
    />
  );
}
