import type { DiskView, MachineView } from '../../../core/api/machines.ts';
import { useMachines } from '../../stores/machines.ts';
import { fileName } from '../../words/file-name.ts';
import type { Fact } from './fact-list.tsx';
import { t } from './words.ts';

/** The summary's lines about disks: mode and redo log, sizes, and the base of each. */
export function diskFacts(machine: MachineView): readonly Fact[] {
  if (machine.disks.length === 0) return [{ label: t('fact.disk'), value: t('disk.none'), testId: 'summary.disk' }];
  const isOne = machine.disks.length === 1;
  return machine.disks.flatMap((disk) => {
    const label = isOne ? t('fact.disk') : t('disk.named', { slot: disk.slot });
    const base = baseWords(machine, disk);
    return [
      { label, value: modeWords(disk), testId: 'summary.disk' },
      { label: t('fact.size'), value: sizeWords(disk), testId: 'summary.sizes' },
      ...(base === undefined ? [] : [{ label: t('fact.base'), value: base, testId: 'summary.base' }]),
    ];
  });
}

/** The chain from the base to the file that is written: the machine's own redo log stands last. */
export function chainOf(disk: DiskView): readonly { path: string; isReadOnly: boolean }[] {
  const links = [...(disk.chain ?? [])].reverse();
  return disk.redo === undefined ? links : [...links, { path: disk.redo.path, isReadOnly: false }];
}

function modeWords(disk: DiskView): string {
  if (disk.redo === undefined || disk.redo.isOutOfReach === true) return t('disk.mode', { mode: disk.mode });
  return t('disk.mode.redo', { mode: disk.mode, size: { bytes: disk.redo.allocatedBytes } });
}

function sizeWords(disk: DiskView): string {
  const { capacityBytes, allocatedBytes, fileCount } = disk;
  if (capacityBytes === undefined || allocatedBytes === undefined) return t('disk.unreadable');
  return t('disk.sizes', {
    capacity: { bytes: capacityBytes },
    n: fileCount ?? 1,
    allocated: { bytes: allocatedBytes },
  });
}

function baseWords(machine: MachineView, disk: DiskView): string | undefined {
  const base = disk.chain?.at(-1);
  if (base === undefined) return undefined;
  if (disk.chain?.length === 1 && disk.isProtected !== true && disk.dependentCount === 0) return t('base.none');
  const others = useMachines
    .getState()
    .machines.filter(
      (other) => other.id !== machine.id && other.disks.some((theirs) => theirs.chain?.at(-1)?.path === base.path),
    );
  const name = fileName(base.path);
  return others.length === 0 ? name : `${name} (${t('base.others', { n: others.length })})`;
}
