import type { MachineView } from '../../../core/api/machines.ts';
import { powerWords } from '../../components/state-icon.tsx';
import { basesOf, type BaseView } from '../../stores/bases.ts';
import type { Selection } from '../../stores/selection.ts';
import { fileName } from '../../words/file-name.ts';
import { t } from './words.ts';

export type GroupId = 'bases' | 'machines' | 'waiting';
export type Badge = 'waiting' | 'nonpersistent' | 'protected' | 'attention';

/** A row of the sidebar below a group. */
export interface LeafRow {
  readonly kind: 'leaf';
  /** Unique in the tree; a machine stands under Machines and may stand under Waiting as well. */
  readonly key: string;
  readonly text: string;
  /** Everything the row shows, in words. */
  readonly name: string;
  readonly target: Selection;
  readonly badges: readonly Badge[];
  readonly machine?: MachineView;
  readonly base?: BaseView;
  /** For waiting rows: how much waits. */
  readonly bytes?: number;
}

export interface GroupRow {
  readonly kind: 'group';
  readonly key: GroupId;
  readonly text: string;
  readonly leaves: readonly LeafRow[];
}

/** The sidebar as data: three groups, with the machines whose name matches the search. */
export function libraryTree(machines: readonly MachineView[], query: string): readonly GroupRow[] {
  const wanted = query.trim().toLocaleLowerCase();
  const found = machines.filter((machine) => machine.name.toLocaleLowerCase().includes(wanted));
  const bases = basesOf(machines).filter((base) => fileName(base.path).toLocaleLowerCase().includes(wanted));
  const waiting = found.filter((machine) => machine.hasWaitingChanges);
  return [
    { kind: 'group', key: 'bases', text: t('bases'), leaves: bases.map(baseRow) },
    {
      kind: 'group',
      key: 'machines',
      text: t('machines'),
      leaves: found.map((machine) => machineRow(machine, 'machine')),
    },
    {
      kind: 'group',
      key: 'waiting',
      text: t('waiting'),
      leaves: waiting.map((machine) => machineRow(machine, 'waiting')),
    },
  ];
}

/** What the marks beside a machine's name say. */
export function badgesOf(machine: MachineView): readonly Badge[] {
  const needsAttention =
    machine.problem !== undefined ||
    machine.paused?.reason === 'no-space' ||
    machine.disks.some((disk) => disk.problem !== undefined);
  return [
    ...(needsAttention ? (['attention'] as const) : []),
    ...(machine.hasWaitingChanges ? (['waiting'] as const) : []),
    ...(machine.disks.some((disk) => disk.mode === 'nonpersistent') ? (['nonpersistent'] as const) : []),
  ];
}

function machineRow(machine: MachineView, place: 'machine' | 'waiting'): LeafRow {
  const badges = badgesOf(machine);
  const mode = machine.disks[0]?.mode;
  const parts = [
    machine.name,
    powerWords(machine.power).toLocaleLowerCase(),
    ...badges.filter((badge) => badge !== 'nonpersistent').map((badge) => t(`badge.${badge}`)),
    ...(mode === undefined ? [] : [t(`badge.${mode}`)]),
  ];
  return {
    kind: 'leaf',
    key: `${place}:${machine.id}`,
    text: machine.name,
    name: parts.join(', '),
    target: { kind: 'machine', id: machine.id },
    badges,
    machine,
    // How much waits in a log that is out of reach nobody knows.
    ...(place === 'waiting' && !machine.disks.some((disk) => disk.redo?.isOutOfReach === true)
      ? { bytes: machine.disks.reduce((sum, disk) => sum + (disk.redo?.allocatedBytes ?? 0), 0) }
      : {}),
  };
}

function baseRow(base: BaseView): LeafRow {
  const text = fileName(base.path).replace(/\.vmdk$/i, '');
  const users = t('base.users', { n: base.machines.length });
  return {
    kind: 'leaf',
    key: `base:${base.path}`,
    text,
    name: [text, base.isProtected ? t('badge.protected') : t('badge.base'), users].join(', '),
    target: { kind: 'base', path: base.path },
    badges: base.isProtected ? ['protected'] : [],
    base,
  };
}
