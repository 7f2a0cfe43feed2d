import { useEffect, useState } from 'react';
import type { MachineSettings, MachineView } from '../../../core/api/machines.ts';
import { protectDisk, unprotectDisk } from '../../calls/protect-disk.ts';
import { machineSettings } from '../../calls/proposals.ts';
import { saveSettings } from '../../calls/save-settings.ts';
import type { RedoubtError } from '../../errors/redoubt-error.ts';
import { openDialog } from '../../stores/dialogs.ts';
import { useShellInfo, type ShellInfo } from '../../stores/shell-info.ts';
import { asRedoubtError } from '../../transport/as-redoubt-error.ts';
import { expectedBackend } from '../new-machine/use-wizard-checks.ts';
import { diskPlace, isSame, settingsProblems, type SettingsPlace, type SettingsProblem } from './settings-draft.ts';

/** The editor as its pages see it. */
export interface Editor {
  readonly machine: MachineView;
  readonly settings: MachineSettings;
  /** As they were read; what the file says now. */
  readonly saved: MachineSettings;
  readonly place: SettingsPlace;
  /** The machine runs: only what the next start does not depend on can be changed. */
  readonly isLocked: boolean;
  /** Id of the sentence that says so; for `aria-describedby` of locked fields. */
  readonly lockId: string | undefined;
  readonly backend: ShellInfo['backends'][number] | undefined;
  readonly maximumMemoryMb: number;
  readonly isSaving: boolean;
  readonly isChanged: boolean;
  readonly failure: RedoubtError | undefined;
  /** Files whose protection is to change with the next save: path, wanted state. */
  readonly protection: Readonly<Record<string, boolean>>;
  readonly change: (changes: Partial<MachineSettings>) => void;
  readonly replace: (settings: MachineSettings) => void;
  readonly setProtection: (path: string, isProtected: boolean) => void;
  readonly goTo: (place: SettingsPlace) => void;
  readonly problemOf: (field: SettingsProblem['field']) => string | undefined;
  /** Saves; `onSaved` is called when all of it is written. */
  readonly save: (onSaved: () => void) => void;
}

/** Reads a machine's settings and holds the changes until they are saved. `undefined` while they are read. */
export function useSettings(
  machine: MachineView | undefined,
  panel: string | undefined,
  lockId: string,
): Editor | { error: RedoubtError } | undefined {
  const info = useShellInfo((state) => state.info);
  const id = machine?.id;
  const [saved, setSaved] = useState<MachineSettings>();
  const [settings, setSettings] = useState<MachineSettings>();
  const [error, setError] = useState<RedoubtError>();
  const [place, setPlace] = useState<SettingsPlace>();
  const [protection, setProtection] = useState<Readonly<Record<string, boolean>>>({});
  const [isSaving, setIsSaving] = useState(false);
  const [failure, setFailure] = useState<RedoubtError>();

  useEffect(() => {
    if (id === undefined) return;
    machineSettings(id).then(
      (read) => {
        setSaved(read);
        setSettings(read);
      },
      (thrown: unknown) => {
        setError(asRedoubtError(thrown));
      },
    );
  }, [id]);

  if (error !== undefined) return { error };
  if (machine === undefined || settings === undefined || saved === undefined) return undefined;

  const isLocked = machine.power !== 'off' && machine.power !== 'failed';
  const backends = info?.backends ?? [];
  const backend = backends.find((one) => one.name === settings.backend) ?? expectedBackend(backends);
  const hostMemoryMb = info?.hostMemoryMb ?? 1024;
  const maximumMemoryMb = Math.min(hostMemoryMb, backend?.maximumMemoryMb ?? hostMemoryMb);
  const problems = settingsProblems(settings, maximumMemoryMb);
  const firstPlace = firstPlaceFor(panel, settings);

  const save = async (onSaved: () => void): Promise<void> => {
    const blocking = problems[0];
    if (blocking !== undefined) {
      setPlace(blocking.place);
      return;
    }
    setIsSaving(true);
    setFailure(undefined);
    try {
      if (!isSame(saved, settings)) await saveSettings(machine.id, settings);
      for (const [path, isProtected] of Object.entries(protection))
        await (isProtected ? protectDisk(path) : unprotectDisk(path));
      const fresh = await machineSettings(machine.id);
      setSaved(fresh);
      setSettings(fresh);
      setProtection({});
      setIsSaving(false);
      onSaved();
    } catch (thrown) {
      const refusal = asRedoubtError(thrown);
      setIsSaving(false);
      if (refusal.is('machine.decide-first')) {
        const saveAgain = () => void save(onSaved);
        openDialog({ kind: 'decide-first', machineId: machine.id, error: refusal, onDecided: saveAgain });
      } else {
        setFailure(refusal);
      }
    }
  };

  return {
    machine,
    settings,
    saved,
    place: placeThatExists(place ?? firstPlace, settings),
    isLocked,
    lockId: isLocked ? lockId : undefined,
    backend,
    maximumMemoryMb,
    isSaving,
    isChanged: !isSame(saved, settings) || Object.keys(protection).length > 0,
    failure,
    protection,
    change: (changes) => {
      setSettings((before) => (before === undefined ? before : { ...before, ...changes }));
    },
    replace: setSettings,
    setProtection: (path, isProtected) => {
      setProtection((before) => ({ ...before, [path]: isProtected }));
    },
    goTo: setPlace,
    problemOf: (field) => problems.find((one) => one.field === field)?.text,
    save: (onSaved) => void save(onSaved),
  };
}

/** Where the editor opens: where its caller points, else at the disk, which is what it is opened for. */
function firstPlaceFor(panel: string | undefined, settings: MachineSettings): SettingsPlace {
  if (panel === 'options' || panel === 'memory' || panel === 'cdrom' || panel === 'network' || panel === 'serial')
    return panel;
  const slot = settings.disks[0]?.slot;
  return panel === 'disk' && slot !== undefined ? diskPlace(slot) : 'memory';
}

/** A removed disk has no page. */
function placeThatExists(place: SettingsPlace, settings: MachineSettings): SettingsPlace {
  const isGone = place.startsWith('disk:') && !settings.disks.some((disk) => diskPlace(disk.slot) === place);
  return isGone ? 'memory' : place;
}
