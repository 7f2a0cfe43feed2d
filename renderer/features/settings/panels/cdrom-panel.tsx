import { PathField } from '../../../components/path-field.tsx';
import { folderOf } from '../../../components/path-text.ts';
import { pickPath } from '../../disk-picker/pick-path.ts';
import { t } from '../settings-words.ts';
import type { Editor } from '../use-settings.ts';

/** The disc in the drive. */
export function CdromPanel({ editor }: { editor: Editor }) {
  const { settings, isLocked, lockId } = editor;
  const isoPath = settings.isoPath ?? '';
  const put = (path: string) => {
    const { isoPath: _before, ...rest } = settings;
    editor.replace(path === '' ? rest : { ...rest, isoPath: path });
  };
  return (
    <PathField
      label={t('cdrom.file')}
      help={t('cdrom.help')}
      value={isoPath}
      testId="settings.iso"
      isDisabled={isLocked}
      {...(lockId === undefined ? {} : { describedBy: lockId })}
      onChange={put}
      onBrowse={() => {
        pickPath({ what: 'image', onPick: put, ...(isoPath === '' ? {} : { directory: folderOf(isoPath) }) });
      }}
    />
  );
}
