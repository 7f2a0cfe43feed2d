import { useEffect, useState } from 'react';
import { IconAdjustments } from '@tabler/icons-react';
import type { MachineSettings, MachineView } from '../../../core/api/machines.ts';
import { useActionContext } from '../../actions/context.ts';
import { openSettings } from '../../actions/open-settings.ts';
import { ActionButton } from '../../components/action-button.tsx';
import { guestSystem } from '../../components/guest-systems.ts';
import { ErrorNotice } from '../../errors/error-notice.tsx';
import type { RedoubtError } from '../../errors/redoubt-error.ts';
import { asRedoubtError, client } from '../../transport/client.ts';
import { backendName } from '../../words/backends.ts';
import { FactList, type Fact } from './fact-list.tsx';
import styles from './machine-page.module.css';
import { t } from './words.ts';

/** The configuration as it stands, and the way into the editor. */
export function SettingsTab({ machine }: { readonly machine: MachineView }) {
  const context = useActionContext();
  const { settings, error } = useSettings(machine);
  const isOn = machine.power !== 'off' && machine.power !== 'failed';
  return (
    <div className={styles.settings} data-testid="settings-tab">
      <div className={styles.settingsHead}>
        <ActionButton
          action={openSettings}
          context={context}
          label={t('settings.edit')}
          testId="settings.edit"
          icon={<IconAdjustments size={16} aria-hidden="true" />}
        />
        {isOn ? <p>{t('settings.locked')}</p> : undefined}
      </div>
      {error === undefined ? undefined : <ErrorNotice error={error} context={{ machineId: machine.id }} />}
      {settings === undefined ? undefined : (
        <>
          <h2 className={styles.subtitle}>{t('settings.hardware')}</h2>
          <FactList facts={hardware(settings)} />
          <h2 className={styles.subtitle}>{t('settings.options')}</h2>
          <FactList facts={options(machine, settings)} />
        </>
      )}
    </div>
  );
}

function hardware(settings: MachineSettings): readonly Fact[] {
  return [
    { label: t('fact.memory'), value: t('memory.value', { mb: settings.memoryMb }) },
    ...settings.disks.map((disk) => ({
      label: t('disk.named', { slot: disk.slot }),
      value: `${disk.fileName} · ${t('disk.mode', { mode: disk.mode })}`,
      isPath: true,
    })),
    { label: t('settings.iso'), value: settings.isoPath ?? t('settings.none'), isPath: true },
    { label: t('fact.network'), value: t('network.value', { network: settings.network }) },
    ...(settings.serialFile === undefined
      ? []
      : [{ label: t('settings.serial'), value: settings.serialFile, isPath: true }]),
  ];
}

function options(machine: MachineView, settings: MachineSettings): readonly Fact[] {
  const { redoLogDir } = settings;
  const dir = redoLogDir === '' ? 'blank' : redoLogDir === '.' ? 'dot' : 'other';
  return [
    { label: t('settings.name'), value: settings.name },
    { label: t('fact.guest'), value: guestSystem(settings.guestOs).name },
    {
      label: t('settings.redo-directory'),
      value: t('settings.redo-directory.value', { dir, path: redoLogDir }),
      testId: 'settings-tab.redo-directory',
    },
    { label: t('settings.power-off'), value: t('settings.power-off.value', { choice: settings.whenPoweringOff }) },
    { label: t('settings.power-on'), value: t('settings.power-on.value', { choice: settings.whenChangesWait }) },
    {
      label: t('settings.backend'),
      value: settings.backend === undefined ? t('settings.backend.auto') : backendName(settings.backend),
    },
    { label: t('settings.config'), value: machine.configPath, isPath: true },
  ];
}

/** The settings, read again when the machine changes. */
function useSettings(machine: MachineView): { settings: MachineSettings | undefined; error: RedoubtError | undefined } {
  const [settings, setSettings] = useState<MachineSettings>();
  const [error, setError] = useState<RedoubtError>();
  useEffect(() => {
    let isWanted = true;
    client()
      .machines.settings({ id: machine.id })
      .then(
        (answer) => {
          if (!isWanted) return;
          setSettings(answer);
          setError(undefined);
        },
        (thrown: unknown) => {
          if (isWanted) setError(asRedoubtError(thrown));
        },
      );
    return () => {
      isWanted = false;
    };
  }, [machine]);
  return { settings, error };
}
