import { z } from 'zod';

/**
 * Every way in which Redoubt says no. The set is closed: a new code needs its words in
 * `renderer/errors/error-messages.ts` before the project compiles.
 *
 * kinds: `request` the input is wrong · `state` right request, wrong moment · `environment` the host
 * lacks something · `data` a file is damaged, foreign or mismatched · `cancelled` the user said stop ·
 * `bug` we are wrong.
 */
export type ErrorKind = 'request' | 'state' | 'environment' | 'data' | 'cancelled' | 'bug';

const file = z.object({ file: z.string() });

/** Somebody who hangs from a disk: a redo log file, and the machine that uses it where that is known. */
export const dependentSchema = z.object({
  path: z.string(),
  machineId: z.string().optional(),
  machineName: z.string().optional(),
  isRunning: z.boolean().optional(),
});
export type Dependent = z.infer<typeof dependentSchema>;

/** What the power-on question needs to know of one disk whose redo log was kept. */
export const waitingChangesSchema = z.object({
  slot: z.string(),
  disk: z.string(),
  redo: z.string(),
  allocatedBytes: z.number(),
  /** Milliseconds since 1970. */
  changedAt: z.number(),
  /** The session that wrote it did not end cleanly. */
  isUnclean: z.boolean(),
});
export type WaitingChanges = z.infer<typeof waitingChangesSchema>;

function define<K extends ErrorKind, S extends z.ZodType>(kind: K, details: S): { kind: K; details: S } {
  return { kind, details };
}

export const errorTable = {
  'api.bad-request': define('request', z.object({ issues: z.array(z.string()) })),
  'usage.bad-argument': define('request', z.object({ argument: z.string(), reason: z.string() })),
  'host.unauthorised': define('request', z.object({})),
  /** Made by clients only: the wire to the shell is down. */
  'shell.unreachable': define('environment', z.object({})),

  'disk.bad-size': define('request', z.object({ value: z.string(), reason: z.string() })),
  'disk.bad-name': define('request', z.object({ value: z.string(), reason: z.string() })),
  'disk.exists': define('request', file),
  'disk.segment-picked': define('request', file.extend({ part: z.number(), first: z.string() })),
  'disk.not-a-redo-log': define('request', file),
  /** `format`: the file is another program's disk, and can be converted. */
  'disk.unsupported': define(
    'request',
    z.object({ file: z.string().optional(), feature: z.string(), format: z.string().optional() }),
  ),

  'machine.not-found': define('request', z.object({ id: z.string() })),
  'machine.bad-name': define('request', z.object({ name: z.string(), reason: z.string() })),
  'machine.name-taken': define('request', z.object({ name: z.string() })),
  'machine.folder-taken': define('request', z.object({ folder: z.string(), machine: z.string() })),
  'machine.folder-not-writable': define('environment', z.object({ folder: z.string() })),
  'machine.bad-memory': define('request', z.object({ memoryMb: z.number(), maximumMb: z.number() })),
  'machine.bad-config': define(
    'data',
    file.extend({ line: z.number().optional(), field: z.string().optional(), reason: z.string() }),
  ),
  'machine.wrong-power-state': define(
    'state',
    z.object({ machine: z.string(), state: z.string(), wanted: z.string() }),
  ),
  'machine.busy': define('state', z.object({ machine: z.string(), doing: z.string() })),
  /** Not a failure: the power-on question. Ask again with an answer. */
  'machine.changes-waiting': define('state', z.object({ machine: z.string(), disks: z.array(waitingChangesSchema) })),
  /** File or mode of a disk was to change while a kept redo log holds changes. */
  'machine.decide-first': define(
    'state',
    z.object({
      slot: z.string(),
      disk: z.string(),
      redo: z.string(),
      allocatedBytes: z.number(),
      what: z.enum(['mode', 'file']),
    }),
  ),
  'machine.runner-failed': define('environment', z.object({ machine: z.string(), reason: z.string() })),

  'backend.not-found': define('environment', z.object({ backend: z.string(), searched: z.array(z.string()) })),
  'backend.firmware-missing': define(
    'environment',
    z.object({ files: z.array(z.string()), searched: z.array(z.string()) }),
  ),
  'backend.exited': define('environment', z.object({ backend: z.string(), status: z.string(), output: z.string() })),
  /** A request that the backend turned down although it should have been possible. */
  'backend.refused': define('environment', z.object({ backend: z.string(), request: z.string(), reason: z.string() })),
  'backend.unsupported': define('request', z.object({ backend: z.string(), feature: z.string(), reason: z.string() })),

  'disk.not-found': define('environment', file),
  'disk.permission': define('environment', file.extend({ operation: z.string() })),
  /** `mayHangFrom`: what was to be changed, where the file itself was only looked at. */
  'disk.io': define(
    'environment',
    file.extend({ operation: z.string(), errno: z.string(), mayHangFrom: z.string().optional() }),
  ),
  'disk.no-space': define(
    'environment',
    file.extend({ needBytes: z.number().optional(), freeBytes: z.number().optional() }),
  ),
  /** A program of others is needed for a format. `install`: a package that has it. */
  'disk.tool-missing': define(
    'environment',
    z.object({ tool: z.string(), install: z.string(), searched: z.array(z.string()) }),
  ),
  'disk.redo-directory': define(
    'environment',
    z.object({ directory: z.string(), reason: z.enum(['missing', 'not-a-directory', 'not-writable']) }),
  ),

  'disk.locked': define(
    'state',
    file.extend({
      /** Names this very lock, for whoever is asked whether to break it. */
      token: z.string().optional(),
      holder: z
        .object({
          pid: z.number(),
          host: z.string(),
          purpose: z.string(),
          machineName: z.string().optional(),
          /** No sign of life for a minute. */
          isStale: z.boolean(),
          /** The last sign of life, milliseconds since 1970. */
          seenAt: z.number().optional(),
        })
        .optional(),
    }),
  ),
  'disk.read-only': define('state', file.extend({ dependents: z.array(dependentSchema) })),
  'disk.has-dependents': define('state', file.extend({ dependents: z.array(dependentSchema) })),
  /** An old-state link: others may need what it keeps, so it is neither written nor simply removed. */
  'disk.old-state': define('state', file),
  'disk.redo-taken': define('state', file.extend({ owner: z.string().optional(), machineName: z.string().optional() })),
  /** `file`: the journal of a commit into `log`, which is gone. A new log of that name would be taken for it. */
  'disk.journal-left': define('state', file.extend({ log: z.string() })),
  /** A commit was to be given up, and none was interrupted. */
  'disk.no-commit': define('state', file),
  'disk.commit-unfinished': define('state', z.object({ parent: z.string(), child: z.string() })),

  'disk.not-a-disk': define('data', file.extend({ reason: z.string().optional() })),
  'disk.corrupt': define('data', file.extend({ field: z.string(), value: z.string(), reason: z.string() })),
  'disk.parent-missing': define('data', file.extend({ expected: z.string(), tried: z.array(z.string()) })),
  'disk.parent-changed': define('data', file.extend({ parent: z.string(), reason: z.string() })),
  'disk.capacity-mismatch': define(
    'data',
    file.extend({ parent: z.string(), capacityBytes: z.number(), parentCapacityBytes: z.number() }),
  ),
  'disk.segment-missing': define(
    'data',
    file.extend({ part: z.number(), expected: z.string(), found: z.number(), total: z.number() }),
  ),
  'disk.loop': define('data', file.extend({ path: z.array(z.string()) })),
  'disk.untrusted': define('data', file.extend({ path: z.string(), reason: z.string() })),

  'job.not-found': define('request', z.object({ id: z.string() })),
  'job.cancelled': define('cancelled', z.object({})),
  internal: define('bug', z.object({ detail: z.string() })),
} as const;

export type ErrorCode = keyof typeof errorTable;
export type ErrorDetails<C extends ErrorCode> = z.infer<(typeof errorTable)[C]['details']>;

/** What crosses a wire and what `--json` prints. `message` is for logs; people read the words of the code. */
export interface WireError<C extends ErrorCode = ErrorCode> {
  code: C;
  message: string;
  details: ErrorDetails<C>;
}

export const errorCodes = Object.keys(errorTable) as ErrorCode[];

/** `details` is checked again, by code, in `parseWireError`. */
export const wireErrorSchema = z.object({
  code: z.enum(errorCodes as [ErrorCode, ...ErrorCode[]]),
  message: z.string(),
  details: z.record(z.string(), z.unknown()),
});
