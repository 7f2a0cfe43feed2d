import { Button } from '@mantine/core';
import { menus, separator } from '../../actions/action-table.ts';
import { readActionContext } from '../../actions/context.ts';
import { isMacPlatform, offeredKey, writeKey } from '../../actions/keys.ts';
import { DialogBody, DialogFooter, DialogFrame } from '../../components/dialog-frame.tsx';
import styles from './about.module.css';
import { t } from './words.ts';

/** Every key of the action table that this window offers, by menu. */
export function ShortcutsDialog({ onClose }: { readonly onClose: () => void }) {
  const { shell } = readActionContext();
  const isMac = isMacPlatform();
  const groups = menus.map((menu) => ({
    ...menu,
    keys: menu.items.flatMap((item) => {
      const key = item === separator ? undefined : offeredKey(item.key, shell);
      return item === separator || key === undefined
        ? []
        : [{ label: item.label.replace('…', ''), key: writeKey(key, isMac) }];
    }),
  }));
  return (
    <DialogFrame role="dialog" title={t('shortcuts.title')} widthPx={640} testId="shortcuts" onClose={onClose}>
      <DialogBody>
        <div className={styles.shortcuts}>
          {groups
            .filter((group) => group.keys.length > 0)
            .map((group) => (
              <section key={group.id}>
                <h3>{group.label}</h3>
                <dl>
                  {group.keys.map(({ label, key }) => (
                    <div key={key}>
                      <dt>{label}</dt>
                      <dd>
                        <kbd>{key}</kbd>
                      </dd>
                    </div>
                  ))}
                </dl>
              </section>
            ))}
        </div>
        <p className={styles.text}>{t('shortcuts.console')}</p>
      </DialogBody>
      <DialogFooter>
        <Button variant="filled" data-autofocus onClick={onClose}>
          {t('close')}
        </Button>
      </DialogFooter>
    </DialogFrame>
  );
}
