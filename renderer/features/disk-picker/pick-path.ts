import { pickNativeFile, pickNativeFolder } from '../../calls/pick-native.ts';
import { openDialog, showError, type PickRequest } from '../../stores/dialogs.ts';
import { useShellInfo } from '../../stores/shell-info.ts';
import { asRedoubtError } from '../../transport/as-redoubt-error.ts';
import { t } from './picker-words.ts';

/**
 * Lets the user choose a path of the host. Disks are chosen in our own dialog, because the system's can't
 * tell a disk by its header; folders and other files in the system's dialog where the shell has one.
 */
export function pickPath(request: PickRequest): void {
  const hasNative = useShellInfo.getState().info?.hasNativeDialogs === true;
  if (!hasNative || request.what === 'disk') {
    openDialog({ kind: 'pick-file', request });
    return;
  }
  pickNatively(request).then(
    (path) => {
      if (path !== undefined) request.onPick(path);
    },
    (error: unknown) => {
      showError(asRedoubtError(error));
    },
  );
}

/** The system's dialog for a request; nothing when the user cancels. Only where the shell has native dialogs. */
export async function pickNatively({
  what,
  directory,
}: Pick<PickRequest, 'what' | 'directory'>): Promise<string | undefined> {
  if (what === 'folder') return pickNativeFolder(t('picker.folder'), directory);
  // "All files" first: a name like disk.vmdk.REDO_a01000 fits no pattern that a system dialog takes.
  const all = { name: t('filter.all'), extensions: ['*'] };
  const filters = {
    disk: [all, { name: t('filter.vmdk'), extensions: ['vmdk'] }],
    image: [{ name: t('filter.images'), extensions: ['iso'] }, all],
    file: [all],
  };
  return pickNativeFile(t(`picker.${what}`), directory, filters[what]);
}
