import type { ChainReport } from '../../../core/api/disks.ts';
import type { DiskView, MachineView } from '../../../core/api/machines.ts';
import { fileName } from '../../words/file-name.ts';
import { formatDate } from '../../words/dates.ts';
import { formatSize } from '../../words/sizes.ts';
import { t } from './words.ts';

/** One file set of a chain as it is drawn: the base first, every redo log one level below its parent. */
export interface ChainRow {
  readonly path: string;
  readonly file: string;
  readonly role: 'base' | 'redo-log';
  /** From 1, the base's. */
  readonly level: number;
  readonly size: string;
  readonly state: string;
  readonly stateKind: 'read-only' | 'writing' | 'waiting' | 'plain';
  /** Names of the machines that use it, this one among them. */
  readonly users: readonly string[];
  /** Everything the row shows, in words. */
  readonly name: string;
}

/**
 * The chain of a machine's disk with its own redo log at the end. `report` adds sizes and states where the
 * files could be read; without it they are unknown.
 */
export function chainRows(
  machine: MachineView,
  disk: DiskView,
  report: ChainReport | undefined,
  machines: readonly MachineView[],
): readonly ChainRow[] {
  const isOn = machine.power !== 'off' && machine.power !== 'failed';
  const links = [...(disk.chain ?? [])].reverse();
  const rows = links.map((link, index): ChainRow => {
    const facts = report?.links.find((candidate) => candidate.path === link.path);
    const isWritten = isOn && disk.mode === 'persistent' && link.path === disk.path;
    const state = isWritten
      ? 'writing'
      : facts?.state === 'committing'
        ? 'committing'
        : link.isReadOnly
          ? 'read-only'
          : 'writable';
    const allocated = facts?.allocatedBytes ?? (link.path === disk.path ? disk.allocatedBytes : undefined);
    return finish({
      path: link.path,
      file: fileName(link.path),
      role: index === 0 ? 'base' : 'redo-log',
      level: index + 1,
      size: allocated === undefined ? '–' : formatSize(allocated),
      state: t(`disks.state.${state}`),
      stateKind:
        state === 'writing'
          ? 'writing'
          : state === 'read-only'
            ? 'read-only'
            : state === 'committing'
              ? 'waiting'
              : 'plain',
      users: usersOf(link.path, machines),
      parent: links[index - 1]?.path,
    });
  });
  const { redo } = disk;
  if (redo === undefined) return rows;
  const state = isOn
    ? t('disks.state.writing')
    : redo.isOutOfReach === true
      ? t('disks.state.outOfReach')
      : redo.isUnclean
        ? t('disks.state.unclean')
        : t('disks.state.waiting', { date: formatDate(redo.changedAt) });
  const own = finish({
    path: redo.path,
    file: fileName(redo.path),
    role: 'redo-log',
    level: links.length + 1,
    size: redo.isOutOfReach === true ? '' : formatSize(redo.allocatedBytes),
    state,
    stateKind: isOn ? 'writing' : 'waiting',
    users: [machine.name],
    parent: disk.path,
  });
  return [...rows, own];
}

function finish(row: Omit<ChainRow, 'name'> & { parent: string | undefined }): ChainRow {
  const { parent, ...facts } = row;
  const values = {
    file: facts.file,
    parent: parent === undefined ? '' : fileName(parent),
    size: facts.size === '–' ? t('disks.size.unknown') : facts.size,
    users: t('disks.users', { n: facts.users.length, names: facts.users.join(', ') }),
    state: facts.state,
  };
  return { ...facts, name: facts.role === 'base' ? t('disks.file.base', values) : t('disks.file.redo', values) };
}

/** Machines whose chain holds the file. */
function usersOf(path: string, machines: readonly MachineView[]): readonly string[] {
  return machines
    .filter((machine) => machine.disks.some((disk) => disk.chain?.some((link) => link.path === path) === true))
    .map((machine) => machine.name);
}
