import type { MachineSettings, MachineView } from '../../../core/api/machines.ts';
import { fileName } from '../../words/file-name.ts';
import { modeChoices, networkChoices } from '../new-machine/wizard-choices.ts';
import { diskPlace, slotName, type SettingsPlace } from './settings-draft.ts';
import { t } from './settings-words.ts';

export interface DeviceItem {
  readonly place: SettingsPlace;
  readonly icon: 'memory' | 'disk' | 'cdrom' | 'network' | 'serial';
  readonly name: string;
  readonly summary: string;
  /** The disk's slot, where it is one. */
  readonly slot?: string;
}

/** The hardware list: every device with what matters of it in a few words. */
export function deviceItems(settings: MachineSettings, machine: Pick<MachineView, 'disks'>): DeviceItem[] {
  const disks = settings.disks.map((disk): DeviceItem => {
    const saved = machine.disks.find((candidate) => candidate.slot === disk.slot);
    const mode = modeChoices.find((choice) => choice.value === disk.mode)?.title ?? disk.mode;
    return {
      place: diskPlace(disk.slot),
      icon: 'disk',
      name: t('device.disk', { slot: slotName(disk.slot) }),
      summary:
        saved?.mode === disk.mode && saved.fileName === disk.fileName ? mode : `${mode}, ${fileName(disk.fileName)}`,
      slot: disk.slot,
    };
  });
  return [
    {
      place: 'memory',
      icon: 'memory',
      name: t('device.memory'),
      summary: Number.isNaN(settings.memoryMb) ? '' : t('summary.memory', { mb: settings.memoryMb }),
    },
    ...disks,
    { place: 'cdrom', icon: 'cdrom', name: t('device.cdrom'), summary: fileOr(settings.isoPath, t('summary.empty')) },
    {
      place: 'network',
      icon: 'network',
      name: t('device.network'),
      summary: networkChoices(undefined).find((choice) => choice.value === settings.network)?.title ?? settings.network,
    },
    {
      place: 'serial',
      icon: 'serial',
      name: t('device.serial'),
      summary: fileOr(settings.serialFile, t('summary.none')),
    },
  ];
}

function fileOr(path: string | undefined, none: string): string {
  return path === undefined || path.trim() === '' ? none : fileName(path);
}
