import { troubleAt, type FaultPlan, type HostCall } from '../../support/memory-host/host-faults.ts';

/** One way for the host to fail, at the nth call that it counts. */
export interface FaultKind {
  readonly name: string;
  /** The calls among which the nth is meant. */
  counts(call: HostCall): boolean;
  plan(nth: number): FaultPlan;
  /** What becomes of the process afterwards, and of what was not synced. */
  readonly ends: Ending;
}

const changes = ({ does }: HostCall): boolean => !['look', 'open', 'read', 'list'].includes(does);
const looks = ({ does }: HostCall): boolean => ['open', 'read', 'list'].includes(does);
const stats = ({ does }: HostCall): boolean => does === 'look';
const writes = ({ does }: HostCall): boolean => does === 'write';
const syncs = ({ does }: HostCall): boolean => does === 'sync' || does === 'sync-folder';

/** In the last one the next process has opened the disks when the power goes, and perhaps settled what it found. */
const endings = ['killed', 'power lost', 'killed, opened, power lost'] as const;
export type Ending = (typeof endings)[number];

/** Each of the ways once with the process killed afterwards and once with a loss of power. */
export const faultKinds: readonly FaultKind[] = endings.flatMap((ends) => {
  const kind = (name: string, counts: FaultKind['counts'], plan: FaultKind['plan']): FaultKind => ({
    name: `${name}; ${ends}`,
    counts,
    plan,
    ends,
  });
  return [
    kind('gone', changes, (nth) => troubleAt(nth, { kind: 'kill' })),
    kind('EIO once', changes, (nth) => troubleAt(nth, { kind: 'error', errno: 'EIO' })),
    kind('EIO from there on', changes, (nth) => troubleAt(nth, { kind: 'error', errno: 'EIO' }, { andAfter: true })),
    kind('ENOSPC once', changes, (nth) => troubleAt(nth, { kind: 'error', errno: 'ENOSPC' })),
    kind('ENOSPC from there on', needsRoom, (nth) =>
      troubleAt(nth, { kind: 'error', errno: 'ENOSPC' }, { andAfter: true, counts: needsRoom }),
    ),
    kind('a read fails', looks, (nth) => troubleAt(nth, { kind: 'error', errno: 'EIO' }, { counts: looks })),
    kind('reads fail from there on', looks, (nth) =>
      troubleAt(nth, { kind: 'error', errno: 'EIO' }, { andAfter: true, counts: looks }),
    ),
    kind('a look fails', stats, (nth) => troubleAt(nth, { kind: 'error', errno: 'EIO' }, { counts: stats })),
    kind('looks fail from there on', stats, (nth) =>
      troubleAt(nth, { kind: 'error', errno: 'EIO' }, { andAfter: true, counts: stats }),
    ),
    ...(['EIO', 'ENOSPC'] as const).flatMap((errno) =>
      [false, true].map((dropsCache) =>
        kind(`${errno} from one sync, the next says nothing${dropsCache ? ', pages dropped' : ''}`, syncs, (nth) =>
          troubleAt(nth, { kind: 'lost-sync', errno, dropsCache }, { counts: syncs }),
        ),
      ),
    ),
    kind('short writes', writes, () => (call) => (writes(call) ? { kind: 'short' } : undefined)),
    kind('a short write, then ENOSPC', writes, (nth) => {
      const [short, full] = [
        troubleAt(nth, { kind: 'short' }, { counts: writes }),
        troubleAt(nth + 1, { kind: 'error', errno: 'ENOSPC' }, { counts: writes }),
      ];
      return (call, index) => {
        const second = full(call, index);
        return short(call, index) ?? second;
      };
    }),
  ];
});

function needsRoom({ does }: HostCall): boolean {
  return ['create', 'write', 'make-folder', 'rename', 'link'].includes(does);
}
