import { PathField } from '../../../components/path-field.tsx';
import { t } from '../settings-words.ts';
import type { Editor } from '../use-settings.ts';

/** Where the output of the first serial port goes. */
export function SerialPanel({ editor }: { editor: Editor }) {
  const { settings, isLocked, lockId } = editor;
  return (
    <PathField
      label={t('serial.file')}
      help={t('serial.help')}
      value={settings.serialFile ?? ''}
      testId="settings.serial"
      isDisabled={isLocked}
      {...(lockId === undefined ? {} : { describedBy: lockId })}
      onChange={(path) => {
        const { serialFile: _before, ...rest } = settings;
        editor.replace(path === '' ? rest : { ...rest, serialFile: path });
      }}
    />
  );
}
