import { Checkbox } from '@mantine/core';
import { diskDependents } from '../../../calls/proposals.ts';
import { openDialog, showError } from '../../../stores/dialogs.ts';
import { asRedoubtError } from '../../../transport/as-redoubt-error.ts';
import { fileName } from '../../../words/file-name.ts';
import { t } from '../settings-words.ts';
import type { Editor } from '../use-settings.ts';

export interface ProtectionTickProps {
  editor: Editor;
  /** The base of the chain: the one disk that all others live from. */
  path: string;
  isReadOnly: boolean;
}

/** Protection of the base. Unticking asks first, with the names of those who depend on it; OK carries it out. */
export function ProtectionTick({ editor, path, isReadOnly }: ProtectionTickProps) {
  const isProtected = editor.protection[path] ?? isReadOnly;
  const untick = async () => {
    const { dependents } = await diskDependents(path);
    openDialog({
      kind: 'unprotect',
      path,
      dependents,
      perform: () => {
        editor.setProtection(path, false);
      },
    });
  };
  return (
    <Checkbox
      label={t('disk.protect')}
      description={t('disk.protectFile', { file: fileName(path) })}
      checked={isProtected}
      disabled={editor.isLocked}
      data-testid="disk.protect"
      {...(editor.lockId === undefined ? {} : { 'aria-describedby': editor.lockId })}
      onChange={(event) => {
        if (event.currentTarget.checked || !isReadOnly) {
          editor.setProtection(path, event.currentTarget.checked);
          return;
        }
        untick().catch((error: unknown) => {
          showError(asRedoubtError(error));
        });
      }}
    />
  );
}
