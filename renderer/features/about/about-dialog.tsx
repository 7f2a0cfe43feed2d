import { Button } from '@mantine/core';
import { DialogBody, DialogFooter, DialogFrame } from '../../components/dialog-frame.tsx';
import { RedoubtMark } from '../../components/redoubt-mark.tsx';
import { useShellInfo } from '../../stores/shell-info.ts';
import { backendLine } from '../../words/backends.ts';
import styles from './about.module.css';
import { t } from './words.ts';

/** What this is, which version, and what it can run machines with here. */
export function AboutDialog({ onClose }: { readonly onClose: () => void }) {
  const info = useShellInfo((state) => state.info);
  return (
    <DialogFrame role="dialog" title={t('about.title')} widthPx={440} testId="about" onClose={onClose}>
      <DialogBody>
        <div className={styles.about}>
          <RedoubtMark size={52} />
          <div>
            <p className={styles.version}>{t('about.version', { version: info?.version ?? '' })}</p>
            <p className={styles.text}>{t('about.text')}</p>
            <ul className={styles.backends} aria-label={t('about.backends')}>
              {info?.backends.map((backend) => (
                <li key={backend.name} data-available={backend.isAvailable}>
                  {backendLine(backend)}
                </li>
              ))}
            </ul>
            <p className={styles.text}>{t('about.licence')}</p>
          </div>
        </div>
      </DialogBody>
      <DialogFooter>
        <Button variant="filled" data-autofocus onClick={onClose}>
          {t('close')}
        </Button>
      </DialogFooter>
    </DialogFrame>
  );
}
