import type { DiskMode, MachineView } from '../../../core/api/machines.ts';
import type { BackendView } from '../../../core/api/shell.ts';
import type { RadioCardOption } from '../../components/radio-cards.tsx';
import { otherUsers, isShared, type ExistingDisk } from './wizard-answers.ts';
import type { WizardDraft } from './wizard-draft.ts';
import { t } from './wizard-words.ts';

type Network = MachineView['network'];
type Backend = Pick<BackendView, 'name' | 'network' | 'scsi'> | undefined;

export const configurationChoices: readonly RadioCardOption<WizardDraft['configuration']>[] = [
  { value: 'typical', title: 'Typical', text: 'A new machine with a new disk. Asks only what it must.' },
  {
    value: 'custom',
    title: 'Custom',
    text: 'Also choose memory, an existing disk, the disk mode and where changes are kept.',
  },
  {
    value: 'copy',
    title: 'Copy of a base',
    text: 'A new machine on a disk that is there already. Its changes stay apart.',
  },
];

/** The three modes, in the words that the editor uses too. */
export const modeChoices: readonly RadioCardOption<DiskMode>[] = [
  { value: 'persistent', title: 'Persistent', text: 'Changes go straight to the disk, like on a real computer.' },
  {
    value: 'undoable',
    title: 'Undoable',
    text: 'Changes go to a redo log. When you power off you choose: commit, discard or keep.',
  },
  {
    value: 'nonpersistent',
    title: 'Nonpersistent',
    text: 'Changes go to a redo log that is thrown away at every power-off. Nothing is asked.',
  },
];

/**
 * The mode cards for one disk; Persistent is refused where it would hurt others. `refusal` words the
 * reasons other than other users (a file that is read-only).
 */
export function modeChoicesFor(
  existing: ExistingDisk | undefined,
  refusal: (problem: NonNullable<ExistingDisk['persistentProblem']>) => string,
): readonly RadioCardOption<DiskMode>[] {
  if (existing === undefined || !isShared(existing)) return modeChoices;
  const others = otherUsers(existing).length;
  const reason =
    others > 0 || existing.persistentProblem === undefined
      ? t('mode.refused', { n: others })
      : refusal(existing.persistentProblem);
  return modeChoices.map((choice) => (choice.value === 'persistent' ? { ...choice, disabledReason: reason } : choice));
}

/** The network cards of a backend; what it can't do says why. */
export function networkChoices(backend: Backend): readonly RadioCardOption<Network>[] {
  const reason = (network: Network): string | undefined => {
    if (network === 'none' || backend === undefined) return undefined;
    if (backend.name === 'v86') return 'The built-in emulator has no network.';
    if (backend.network !== true) return backend.network;
    return network === 'nat'
      ? undefined
      : 'Not available: it needs a network bridge that only an administrator can set up.';
  };
  const card = (value: Network, title: string, text: string): RadioCardOption<Network> => {
    const disabledReason = reason(value);
    return { value, title, text, ...(disabledReason === undefined ? {} : { disabledReason }) };
  };
  return [
    card('bridged', 'Bridged', 'The machine has its own address on your network.'),
    card('nat', 'NAT', 'The machine reaches the network through this computer.'),
    card('hostonly', 'Host-only', 'The machine and this computer see only each other.'),
    card('none', 'None', 'No network card.'),
  ];
}

/** What the I/O adapter cards offer: the two buses, and the one controller of SCSI that is named apart. */
export function adapterChoices(backend: Backend): readonly RadioCardOption<'ide' | 'scsi' | 'buslogic'>[] {
  const scsi = backend?.name === 'v86' ? 'The built-in emulator has IDE only.' : backend?.scsi;
  const refused = typeof scsi === 'string' ? { disabledReason: scsi } : {};
  return [
    { value: 'ide', title: 'IDE', text: 'Every guest system knows it.' },
    { value: 'scsi', title: 'SCSI (LSI Logic)', text: 'For guests that have a driver for it.', ...refused },
    {
      value: 'buslogic',
      title: 'SCSI (BusLogic)',
      ...(typeof scsi === 'string'
        ? refused
        : { disabledReason: 'Not available: no emulator here has this controller.' }),
    },
  ];
}

export const diskChoices: readonly RadioCardOption<'new' | 'existing' | 'physical'>[] = [
  { value: 'new', title: 'Create a new virtual disk', text: 'An empty disk in files of this machine.' },
  {
    value: 'existing',
    title: 'Use an existing virtual disk',
    text: 'A base, a disk or a redo log that is there already.',
  },
  {
    value: 'physical',
    title: 'Use a physical disk (for advanced users)',
    disabledReason: 'Not available: you need administrator rights.',
  },
];
