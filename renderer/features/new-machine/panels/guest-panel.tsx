import { NativeSelect } from '@mantine/core';
import { guestGroups, guestsOfGroup, guestSystem, type GuestGroup } from '../../../components/guest-systems.ts';
import { PathField } from '../../../components/path-field.tsx';
import { sayProblem } from '../../../components/problem-words.ts';
import { RadioCards } from '../../../components/radio-cards.tsx';
import { pickPath } from '../../disk-picker/pick-path.ts';
import type { Wizard } from '../use-wizard.ts';
import { t } from '../wizard-words.ts';
import styles from './panel.module.css';

/** Which system the machine will run, and where its installation comes from. */
export function GuestPanel({ wizard }: { wizard: Wizard }) {
  const { draft, change } = wizard;
  const { group } = guestSystem(draft.guestId);
  return (
    <>
      <div className={styles.row}>
        <NativeSelect
          className={styles.grow ?? ''}
          label={t('guest.group')}
          data-testid="wizard.guest.group"
          value={group}
          data={guestGroups.map((one) => ({ ...one }))}
          onChange={(event) => {
            const first = guestsOfGroup(event.currentTarget.value as GuestGroup)[0];
            if (first !== undefined) change({ guestId: first.id });
          }}
        />
        <NativeSelect
          className={styles.grow ?? ''}
          label={t('guest.version')}
          data-testid="wizard.guest.version"
          value={draft.guestId}
          data={guestsOfGroup(group).map((guest) => ({ value: guest.id, label: guest.name }))}
          onChange={(event) => {
            change({ guestId: event.currentTarget.value });
          }}
        />
      </div>
      <RadioCards
        label={t('guest.install')}
        testId="wizard.install"
        value={draft.installsLater ? 'later' : 'iso'}
        options={[
          { value: 'later', title: t('guest.later'), text: t('guest.laterText') },
          { value: 'iso', title: t('guest.iso'), text: t('guest.isoText') },
        ]}
        onChange={(choice) => {
          change({ installsLater: choice === 'later' });
        }}
      />
      {draft.installsLater ? undefined : (
        <PathField
          label={t('guest.isoFile')}
          value={draft.isoPath}
          testId="wizard.iso"
          problem={sayProblem(wizard.problemOf('iso'))}
          onChange={(isoPath) => {
            change({ isoPath });
          }}
          onBrowse={() => {
            pickPath({
              what: 'image',
              onPick: (isoPath) => {
                change({ isoPath });
              },
            });
          }}
        />
      )}
    </>
  );
}
