import { NativeSelect, TextInput } from '@mantine/core';
import type { MachineSettings } from '../../../../core/api/machines.ts';
import { LockedLabel } from '../../../components/locked-label.tsx';
import { guestGroups, guestsOfGroup, guestSystems } from '../../../components/guest-systems.ts';
import { useShellInfo } from '../../../stores/shell-info.ts';
import { backendLine } from '../../../words/backends.ts';
import { t } from '../settings-words.ts';
import type { Editor } from '../use-settings.ts';
import { RedoDirectoryField } from './redo-directory-field.tsx';
import styles from '../settings.module.css';

/** What is not hardware: name, guest, redo logs, backend, and what happens at power-off and power-on. */
export function OptionsPanel({ editor }: { editor: Editor }) {
  const { settings, machine, isLocked, lockId } = editor;
  const backends = useShellInfo((state) => state.info?.backends) ?? [];
  const current = backends.find((backend) => backend.name === (settings.backend ?? machine.effectiveBackend));
  const locked = { disabled: isLocked, ...(lockId === undefined ? {} : { 'aria-describedby': lockId }) };
  return (
    <>
      <fieldset className={styles.group}>
        <legend>{t('general.title')}</legend>
        <div className={styles.two}>
          <TextInput
            label={t('general.name')}
            value={settings.name}
            error={editor.problemOf('name')}
            autoComplete="off"
            data-testid="settings.name"
            onChange={(event) => {
              editor.change({ name: event.currentTarget.value });
            }}
          />
          <NativeSelect
            label={<LockedLabel isLocked={isLocked}>{t('general.guest')}</LockedLabel>}
            value={settings.guestOs}
            data={guestChoices(settings.guestOs)}
            data-testid="settings.guest"
            {...locked}
            onChange={(event) => {
              editor.change({ guestOs: event.currentTarget.value });
            }}
          />
        </div>
        <RedoDirectoryField editor={editor} />
        <TextInput
          label={t('general.folder')}
          value={machine.directory}
          readOnly
          dir="ltr"
          data-testid="settings.folder"
        />
        <NativeSelect
          label={<LockedLabel isLocked={isLocked}>{t('general.backend')}</LockedLabel>}
          value={settings.backend ?? ''}
          description={current === undefined ? undefined : backendLine(current)}
          inputWrapperOrder={['label', 'input', 'description', 'error']}
          data-testid="settings.backend"
          data={[
            { value: '', label: t('backend.auto') },
            ...backends.map(({ name, isAvailable }) => ({
              value: name,
              label: isAvailable ? t(`backend.${name}`) : t('backend.missing', { name: t(`backend.${name}`) }),
            })),
          ]}
          {...locked}
          onChange={(event) => {
            const { backend: _before, ...rest } = settings;
            const chosen = backends.find((one) => one.name === event.currentTarget.value)?.name;
            editor.replace(chosen === undefined ? rest : { ...rest, backend: chosen });
          }}
        />
      </fieldset>
      <fieldset className={styles.group}>
        <legend>{t('power.title')}</legend>
        <div className={styles.two}>
          <NativeSelect
            label={t('power.off')}
            value={settings.whenPoweringOff}
            data={(['ask', 'keep', 'commit', 'discard'] as const).map((value) => ({
              value,
              label: t(`power.${value}`),
            }))}
            data-testid="settings.whenPoweringOff"
            onChange={(event) => {
              editor.change({ whenPoweringOff: event.currentTarget.value as MachineSettings['whenPoweringOff'] });
            }}
          />
          <NativeSelect
            label={t('power.waiting')}
            value={settings.whenChangesWait}
            data={(['ask', 'continue'] as const).map((value) => ({ value, label: t(`power.${value}`) }))}
            data-testid="settings.whenChangesWait"
            onChange={(event) => {
              editor.change({ whenChangesWait: event.currentTarget.value as MachineSettings['whenChangesWait'] });
            }}
          />
        </div>
      </fieldset>
    </>
  );
}

/** The known systems by family; one that only the configuration knows stands under its own name. */
function guestChoices(current: string) {
  const groups = guestGroups.map(({ value, label }) => ({
    group: label,
    items: guestsOfGroup(value).map((guest) => ({ value: guest.id, label: guest.name })),
  }));
  const isKnown = guestSystems.some((guest) => guest.id === current);
  return isKnown ? groups : [{ value: current, label: current }, ...groups];
}
