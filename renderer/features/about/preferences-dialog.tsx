import { Button, Checkbox, Radio } from '@mantine/core';
import { DialogBody, DialogFooter, DialogFrame } from '../../components/dialog-frame.tsx';
import { defaultPreferences, setPreferences, usePreferences, type Preferences } from '../../stores/preferences.ts';
import styles from './about.module.css';
import { t } from './words.ts';

const appearances: readonly Preferences['appearance'][] = ['system', 'light', 'dark'];

/** The reader's own choices. They hold at once and are kept in this browser or window. */
export function PreferencesDialog({ onClose }: { readonly onClose: () => void }) {
  const preferences = usePreferences();
  return (
    <DialogFrame role="dialog" title={t('preferences.title')} widthPx={460} testId="preferences" onClose={onClose}>
      <DialogBody>
        <div className={styles.preferences}>
          <Radio.Group
            label={t('preferences.appearance')}
            value={preferences.appearance}
            onChange={(value) => {
              const chosen = appearances.find((appearance) => appearance === value);
              if (chosen !== undefined) setPreferences({ appearance: chosen });
            }}
          >
            <div className={styles.radios}>
              {appearances.map((appearance) => (
                <Radio
                  key={appearance}
                  value={appearance}
                  label={t(`preferences.appearance.${appearance}`)}
                  data-testid={`preferences.appearance.${appearance}`}
                />
              ))}
            </div>
          </Radio.Group>
          <Checkbox
            label={t('preferences.contrast')}
            checked={preferences.contrast === 'high'}
            data-testid="preferences.contrast"
            onChange={(event) => {
              setPreferences({ contrast: event.currentTarget.checked ? 'high' : 'system' });
            }}
          />
          <Checkbox
            label={t('preferences.confirm')}
            checked={preferences.confirmPowerOff}
            data-testid="preferences.confirm"
            onChange={(event) => {
              setPreferences({ confirmPowerOff: event.currentTarget.checked });
            }}
          />
          <Checkbox
            label={t('preferences.discard')}
            checked={preferences.discardAgainAboveBytes > 0}
            data-testid="preferences.discard"
            onChange={(event) => {
              const { discardAgainAboveBytes, discardAgainAfterMs } = defaultPreferences;
              setPreferences(
                event.currentTarget.checked
                  ? { discardAgainAboveBytes, discardAgainAfterMs }
                  : { discardAgainAboveBytes: 0, discardAgainAfterMs: 0 },
              );
            }}
          />
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
