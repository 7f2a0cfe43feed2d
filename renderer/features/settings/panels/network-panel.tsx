import { LockedLabel } from '../../../components/locked-label.tsx';
import { RadioCards } from '../../../components/radio-cards.tsx';
import { networkChoices } from '../../new-machine/wizard-choices.ts';
import { t } from '../settings-words.ts';
import type { Editor } from '../use-settings.ts';

/** How the machine is connected, if it is. */
export function NetworkPanel({ editor }: { editor: Editor }) {
  const { settings, backend, isLocked, lockId } = editor;
  return (
    <>
      <span>
        <LockedLabel isLocked={isLocked}>{t('device.network')}</LockedLabel>
      </span>
      <RadioCards
        label={t('device.network')}
        testId="settings.network"
        value={settings.network}
        options={networkChoices(backend)}
        isLocked={isLocked}
        {...(lockId === undefined ? {} : { describedBy: lockId })}
        onChange={(network) => {
          editor.change({ network });
        }}
      />
    </>
  );
}
