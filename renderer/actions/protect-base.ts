import { openDialog } from '../stores/dialogs.ts';
import { showToast } from '../stores/toasts.ts';
import { client } from '../transport/client.ts';
import { fileName } from '../words/file-name.ts';
import type { Action, ActionContext } from './action.ts';
import { t } from './words.ts';

/** Makes every file of the base read-only, or writable again after a question that names who depends on it. */
export const protectBase: Action = {
  id: 'protect-base',
  label: t('protect-base'),
  isChecked: (context) => target(context)?.isProtected === true,
  enabledWhen: (context) => {
    if (!context.isConnected) return t('no.connection');
    if (context.base === undefined && context.machine === undefined) return t('no.base');
    return target(context) !== undefined || t('no.disk');
  },
  perform: async (context) => {
    const disk = target(context);
    if (disk === undefined) return;
    const base = fileName(disk.path);
    if (!disk.isProtected) {
      await client().disks.protect({ path: disk.path });
      showToast(t('done.protected', { base }));
      return;
    }
    const { dependents } = await client().disks.dependents({ path: disk.path });
    const names = dependents.map((dependent) => dependent.machineName ?? fileName(dependent.path)).join(', ');
    openDialog({
      kind: 'confirm',
      confirmation: {
        title: t('confirm.unprotect', { base }),
        text: t('confirm.unprotect.text', { n: dependents.length, names }),
        confirmLabel: t('confirm.unprotect.button'),
        isDanger: dependents.length > 0,
        perform: async () => {
          await client().disks.unprotect({ path: disk.path });
          showToast(t('done.unprotected', { base }));
        },
      },
    });
  },
};

/** The selected base, or the base of the selected machine's chain: its disk may be a redo log, which it writes. */
function target({ base, machine }: ActionContext): { path: string; isProtected: boolean } | undefined {
  if (base !== undefined) return base;
  const last = machine?.disks[0]?.chain?.at(-1);
  return last === undefined ? undefined : { path: last.path, isProtected: last.isReadOnly };
}
