import type { PickerRow } from '../../../core/api/disks.ts';
import type { FakeImplementer } from './fake-client.ts';
import { refuse, type FakeCore } from './fake-core.ts';

const gb = 1024 ** 3;
const mb = 1024 ** 2;

type Disks = FakeImplementer['disks'];

/** The disk calls over a made-up folder: a base in three parts, redo logs, and things that are no disk. */
export function fakeDisks(os: Disks, core: FakeCore) {
  return {
    browse: os.browse.handler(({ input }) => ({
      directory: input.directory ?? '/home/ada/Redoubt',
      ...(input.directory === '/' ? {} : { parent: '/home/ada' }),
      rows: rows.filter((row) => matches(row, input.filter)),
    })),
    known: os.known.handler(() => ({ rows: rows.filter((row) => row.kind === 'base' || row.kind === 'redo-log') })),
    inspect: os.inspect.handler(({ input }) => {
      const row = rows.find((candidate) => candidate.path === input.path);
      if (row === undefined) throw refuse('disk.not-found', { file: input.path });
      if (row.kind === 'segment') {
        throw refuse('disk.segment-picked', { file: row.path, part: row.part ?? 2, first: row.first ?? '' });
      }
      const { format } = row;
      if (row.kind === 'not-a-disk' && format !== undefined) {
        throw refuse('disk.unsupported', { file: row.path, feature: `the format ${format}`, format });
      }
      if (row.kind !== 'base' && row.kind !== 'redo-log') throw refuse('disk.not-a-disk', { file: row.path });
      const links = row.kind === 'base' ? [row] : [row, rows[0] as PickerRow];
      return {
        chain: { capacityBytes: 4 * gb, links: links.map(toLink) },
        dependents: row.kind === 'base' ? [{ path: '/vms/qa1/mydisk.vmdk.REDO_a01000', machineName: 'qa-ie6' }] : [],
        usedBy: row.usedBy,
        ...(row.kind === 'base'
          ? {
              persistentProblem: {
                code: 'disk.has-dependents' as const,
                message: 'shared',
                details: {
                  file: row.path,
                  dependents: [{ path: '/vms/qa1/mydisk.vmdk.REDO_a01000', machineName: 'qa-ie6' }],
                },
              },
            }
          : {}),
      };
    }),
    dependents: os.dependents.handler(({ input }) => ({
      dependents: core.machines
        .filter((machine) =>
          machine.disks.some((disk) => disk.chain?.some((link) => link.path === input.path) === true),
        )
        .map((machine) => ({
          path: machine.disks[0]?.redo?.path ?? machine.disks[0]?.path ?? '',
          machineId: machine.id,
          machineName: machine.name,
          isRunning: machine.power === 'running',
        })),
    })),
    protect: os.protect.handler(() => ({})),
    unprotect: os.unprotect.handler(() => ({})),
    relink: os.relink.handler(({ input }) => ({ file: input.redo, parent: input.parent, wasChanged: false })),
    approve: os.approve.handler(() => ({})),
    breakLock: os.breakLock.handler(() => ({})),
  };
}

function matches(row: PickerRow, filter: string): boolean {
  if (filter === 'all' || row.kind === 'folder') return true;
  if (filter === 'images') return row.kind === 'image';
  if (filter === 'redo-logs') return row.kind === 'redo-log';
  if (filter === 'vmdk') return row.kind === 'base';
  return row.kind === 'base' || row.kind === 'redo-log';
}

function toLink(row: PickerRow) {
  return {
    path: row.path,
    files: [row.path],
    role: row.kind === 'base' ? ('base' as const) : ('redo-log' as const),
    format: row.format ?? 'cowd',
    ...(row.format === 'cowd' ? { dialect: 'hybrid' } : {}),
    capacityBytes: row.capacityBytes ?? 4 * gb,
    allocatedBytes: row.sizeBytes,
    grainBytes: 65536,
    generation: 1,
    state: 'clean' as const,
    isReadOnly: row.kind === 'base',
    changedAt: row.changedAt,
  };
}

const changedAt = Date.UTC(2026, 10, 20, 9, 30);

const rows: PickerRow[] = [
  {
    path: '/vms/base/win2k.vmdk',
    name: 'win2k.vmdk',
    kind: 'base',
    format: 'vmdk',
    capacityBytes: 4 * gb,
    sizeBytes: 1.2 * gb,
    changedAt,
    usedBy: ['qa-ie6', 'qa-sp4'],
  },
  { path: '/vms/base/archive', name: 'archive', kind: 'folder', sizeBytes: 0, changedAt, usedBy: [] },
  {
    path: '/vms/base/win2k-02.vmdk',
    name: 'win2k-02.vmdk',
    kind: 'segment',
    first: '/vms/base/win2k.vmdk',
    part: 2,
    sizeBytes: 300 * mb,
    changedAt,
    usedBy: [],
  },
  {
    path: '/vms/base/win2k.vmdk.REDO',
    name: 'win2k.vmdk.REDO',
    kind: 'redo-log',
    format: 'cowd',
    parent: 'win2k.vmdk',
    capacityBytes: 4 * gb,
    sizeBytes: 96 * mb,
    changedAt,
    usedBy: [],
  },
  {
    path: '/vms/qa1/win2k.vmdk.REDO_a01000',
    name: 'win2k.vmdk.REDO_a01000',
    kind: 'redo-log',
    format: 'cowd',
    parent: 'win2k.vmdk',
    capacityBytes: 4 * gb,
    sizeBytes: 310 * mb,
    changedAt,
    usedBy: ['qa-ie6'],
  },
  { path: '/vms/base/notes.txt', name: 'notes.txt', kind: 'not-a-disk', sizeBytes: 2048, changedAt, usedBy: [] },
  {
    path: '/vms/base/debian-12.qcow2',
    name: 'debian-12.qcow2',
    kind: 'not-a-disk',
    format: 'qcow2',
    sizeBytes: 410 * mb,
    changedAt,
    usedBy: [],
  },
  { path: '/vms/base/install.iso', name: 'install.iso', kind: 'image', sizeBytes: 620 * mb, changedAt, usedBy: [] },
];
