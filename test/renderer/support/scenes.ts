import type { DiskView, MachineView } from '../../../core/api/machines.ts';
import { FakeCore } from './fake-core.ts';

const mb = 1024 ** 2;
const gb = 1024 ** 3;
const base = { path: '/vms/base/win2k.vmdk', isReadOnly: true };

/** Libraries to look at. The page takes the name from `?scene=`. */
export const scenes = {
  empty: () => new FakeCore(),
  office: () => new FakeCore({ machines: office() }),
  trouble: () => new FakeCore({ machines: trouble() }),
} satisfies Record<string, () => FakeCore>;

export type Scene = keyof typeof scenes;

/** A machine that is off, with one undoable disk of its own; `changes` say what differs. */
export function makeMachine(changes: Partial<MachineView> & { name: string }): MachineView {
  const directory = `/home/ada/Redoubt/${changes.name}`;
  return {
    id: changes.name,
    configPath: `${directory}/${changes.name}.vmx`,
    directory,
    guestOs: 'win2000Pro',
    memoryMb: 128,
    network: 'nat',
    effectiveBackend: 'qemu',
    power: 'off',
    disks: [makeDisk()],
    hasWaitingChanges: false,
    isDemo: false,
    ...changes,
  };
}

/** A disk in a chain of two. */
export function makeDisk(changes: Partial<DiskView> = {}): DiskView {
  const path = '/vms/qa1/win2k.vmdk.REDO_a01000';
  return {
    slot: 'ide0:0',
    fileName: path,
    path,
    mode: 'undoable',
    capacityBytes: 4 * gb,
    allocatedBytes: 310 * mb,
    fileCount: 3,
    chain: [{ path, isReadOnly: false }, base],
    dependentCount: 0,
    ...changes,
  };
}

function office(): MachineView[] {
  const now = Date.now();
  return [
    makeMachine({
      name: 'qa-ie6',
      power: 'running',
      startedAt: now - 760_000,
      disks: [
        makeDisk({
          redo: {
            path: '/home/ada/Redoubt/qa-ie6/win2k.vmdk.REDO_c81f02',
            allocatedBytes: 96 * mb,
            changedAt: now - 4000,
            isUnclean: true,
          },
        }),
      ],
    }),
    makeMachine({
      name: 'qa-sp4',
      hasWaitingChanges: true,
      disks: [
        makeDisk({
          fileName: '/vms/qa2/win2k.vmdk.REDO_b77210',
          path: '/vms/qa2/win2k.vmdk.REDO_b77210',
          chain: [{ path: '/vms/qa2/win2k.vmdk.REDO_b77210', isReadOnly: false }, base],
          redo: {
            path: '/home/ada/Redoubt/qa-sp4/win2k.vmdk.REDO_b77210.REDO_19ce02',
            allocatedBytes: 12 * mb,
            changedAt: now - 70 * 3_600_000,
            isUnclean: false,
          },
        }),
      ],
    }),
    makeMachine({
      name: 'kiosk',
      disks: [
        makeDisk({
          mode: 'nonpersistent',
          fileName: base.path,
          path: base.path,
          chain: [base],
          isProtected: true,
          dependentCount: 2,
          allocatedBytes: 1.2 * gb,
        }),
      ],
    }),
    makeMachine({
      name: 'Debian router',
      guestOs: 'debian',
      memoryMb: 512,
      disks: [
        makeDisk({
          mode: 'persistent',
          fileName: 'router.vmdk',
          path: '/home/ada/Redoubt/Debian router/router.vmdk',
          chain: [{ path: '/home/ada/Redoubt/Debian router/router.vmdk', isReadOnly: false }],
          capacityBytes: 2 * gb,
          allocatedBytes: 480 * mb,
          fileCount: 1,
        }),
      ],
    }),
  ];
}

function trouble(): MachineView[] {
  return [
    makeMachine({
      name: 'moved',
      disks: [
        {
          slot: 'ide0:0',
          fileName: '/vms/qa1/win2k.vmdk.REDO_a01000',
          path: '/vms/qa1/win2k.vmdk.REDO_a01000',
          mode: 'undoable',
          dependentCount: 0,
          problem: {
            code: 'disk.parent-missing',
            message: 'The parent was not found.',
            details: {
              file: '/vms/qa1/win2k.vmdk.REDO_a01000',
              expected: '/vms/base/win2k.vmdk',
              tried: ['/vms/base/win2k.vmdk', '/vms/qa1/win2k.vmdk'],
            },
          },
        },
      ],
    }),
    makeMachine({
      name: 'away',
      hasWaitingChanges: true,
      disks: [
        makeDisk({
          fileName: base.path,
          path: base.path,
          chain: [base],
          redo: {
            path: '/media/ada/LABORATORY/away/win2k.vmdk.REDO_4c0d1e',
            allocatedBytes: 0,
            changedAt: 0,
            isUnclean: false,
            isOutOfReach: true,
          },
          problem: {
            code: 'disk.not-found',
            message: 'The log was not found.',
            details: { file: '/media/ada/LABORATORY/away/win2k.vmdk.REDO_4c0d1e' },
          },
        }),
      ],
    }),
    makeMachine({
      name: 'full',
      power: 'paused',
      paused: { reason: 'no-space', volume: '/srv/vms', freeBytes: 0, needBytes: 64 * mb },
    }),
    makeMachine({
      name: 'crashed',
      power: 'failed',
      problem: {
        code: 'backend.exited',
        message: 'QEMU ended.',
        details: { backend: 'qemu', status: '1', output: 'qemu-system-i386: could not set up host network' },
      },
    }),
    makeMachine({
      name: 'half-committed',
      problem: {
        code: 'disk.commit-unfinished',
        message: 'A commit was interrupted.',
        details: { parent: '/vms/base/win2k.vmdk', child: '/vms/qa1/win2k.vmdk.REDO_a01000' },
      },
    }),
  ];
}
