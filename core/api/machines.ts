import { z } from 'zod';
import { call, stream } from './call.ts';
import { waitingChangesSchema, wireErrorSchema } from './errors.ts';

export const diskModeSchema = z.enum(['persistent', 'undoable', 'nonpersistent']);
export type DiskMode = z.infer<typeof diskModeSchema>;
export const backendChoiceSchema = z.enum(['qemu', 'v86', 'fake']);
export const networkSchema = z.enum(['bridged', 'nat', 'hostonly', 'none']);
export const decisionSchema = z.enum(['keep', 'commit', 'discard']);
/** What a commit does to other logs that hang from the parent; absent: it is refused while there are any. */
export const commitDependentsSchema = z.enum(['preserve', 'break']);
export type CommitDependents = z.infer<typeof commitDependentsSchema>;
/** How a commit goes where it can't simply go into the parent. */
export const commitWays = {
  dependents: commitDependentsSchema.optional(),
  /**
   * First file of a new disk, absolute or from the machine's folder: the whole content goes there, the machine uses
   * it from then on, and the parent stays as it is. Throws disk.exists, disk.bad-name.
   */
  copyTo: z.string().optional(),
};
export type Decision = z.infer<typeof decisionSchema>;
/** Which bus and place, as in a .vmx: `ide0:0`, `scsi0:1`. */
export const slotSchema = z.string().regex(/^(ide[01]:[01]|scsi0:([0-6]|[89]|1[0-5]))$/);
export const busSchema = z.enum(['ide', 'scsi']);

/** Legal transitions stand in core/machines/power-state.ts. */
export const powerStateSchema = z.enum([
  'off',
  'starting',
  'running',
  'paused',
  'suspended',
  'stopping',
  'deciding',
  'failed',
]);
export type PowerState = z.infer<typeof powerStateSchema>;

export const redoLogViewSchema = z.object({
  path: z.string(),
  allocatedBytes: z.number(),
  /** Milliseconds since 1970. */
  changedAt: z.number(),
  isUnclean: z.boolean(),
  /** It is away, or can't be read: the numbers say nothing, and the disk's `problem` why. */
  isOutOfReach: z.boolean().optional(),
});

export const diskViewSchema = z.object({
  slot: slotSchema,
  /** As written in the configuration. */
  fileName: z.string(),
  /** Absolute. */
  path: z.string(),
  mode: diskModeSchema,
  /** Capacity, files and chain are absent when `problem` says why. */
  capacityBytes: z.number().optional(),
  allocatedBytes: z.number().optional(),
  fileCount: z.number().optional(),
  /** From the configured disk to its base, absolute first-file paths. */
  chain: z.array(z.object({ path: z.string(), isReadOnly: z.boolean() })).optional(),
  /** The disk's first file has no write bit. */
  isProtected: z.boolean().optional(),
  /** Redo logs that hang from the configured disk, other than this machine's own. */
  dependentCount: z.number(),
  /** The machine's own log: kept (waiting) or in use. */
  redo: redoLogViewSchema.optional(),
  problem: wireErrorSchema.optional(),
});
export type DiskView = z.infer<typeof diskViewSchema>;

export const questionDiskSchema = z.object({
  slot: slotSchema,
  disk: z.string(),
  redo: z.string(),
  /** Immediate parent: what Commit writes into. */
  parent: z.string(),
  changedBytes: z.number(),
  /** Nothing was ever written into the log. */
  isEmpty: z.boolean(),
  /** When the first session held by the log began; milliseconds since 1970. */
  since: z.number(),
  sessions: z.number(),
  dependents: z.array(
    z.object({ path: z.string(), machineName: z.string().optional(), isRunning: z.boolean().optional() }),
  ),
  /** Why a plain commit is impossible; absent when it is possible. */
  commitProblem: wireErrorSchema.optional(),
  needBytes: z.number(),
  freeBytes: z.number(),
});
export const powerOffQuestionSchema = z.object({
  machineId: z.string(),
  machineName: z.string(),
  disks: z.array(questionDiskSchema),
});
export type PowerOffQuestion = z.infer<typeof powerOffQuestionSchema>;

/** Why a guest stands still. */
export const pausedSchema = z.object({
  reason: z.enum(['asked', 'no-space']),
  /** With `no-space`: the full volume, by the folder it is mounted on. */
  volume: z.string().optional(),
  freeBytes: z.number().optional(),
  /** What should be free before it goes on; it may try with less. */
  needBytes: z.number().optional(),
});
export type Paused = z.infer<typeof pausedSchema>;

export const machineViewSchema = z.object({
  id: z.string(),
  name: z.string(),
  configPath: z.string(),
  directory: z.string(),
  guestOs: z.string(),
  memoryMb: z.number(),
  network: networkSchema,
  /** What the configuration asks for; `undefined` means: choose. */
  backend: backendChoiceSchema.optional(),
  /** What runs it, or would. */
  effectiveBackend: backendChoiceSchema.optional(),
  power: powerStateSchema,
  /** While `paused`. */
  paused: pausedSchema.optional(),
  /** Milliseconds since 1970, while running. */
  startedAt: z.number().optional(),
  disks: z.array(diskViewSchema),
  hasWaitingChanges: z.boolean(),
  isDemo: z.boolean(),
  /** Open while `deciding`. */
  question: powerOffQuestionSchema.optional(),
  /** The configuration can't be read, the runner died, a start failed. */
  problem: wireErrorSchema.optional(),
  /** Job of a commit that belongs to this machine. */
  jobId: z.string().optional(),
});
export type MachineView = z.infer<typeof machineViewSchema>;

export const machineEventSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('snapshot'), revision: z.number(), machines: z.array(machineViewSchema) }),
  z.object({ kind: z.literal('changed'), revision: z.number(), machine: machineViewSchema }),
  z.object({ kind: z.literal('removed'), revision: z.number(), id: z.string() }),
]);
export type MachineEvent = z.infer<typeof machineEventSchema>;

export const newDiskSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('new'),
    fileName: z.string(),
    capacityBytes: z.number().int(),
    split: z.boolean(),
    allocateNow: z.boolean(),
  }),
  z.object({ kind: z.literal('existing'), path: z.string() }),
]);

export const newMachineSchema = z.object({
  name: z.string(),
  directory: z.string(),
  guestOs: z.string(),
  isoPath: z.string().optional(),
  memoryMb: z.number().int(),
  network: networkSchema,
  bus: busSchema,
  disk: newDiskSchema,
  mode: diskModeSchema,
  /** Blank: beside the disk. `.`: the machine's folder. */
  redoLogDir: z.string(),
  backend: backendChoiceSchema.optional(),
});
export type NewMachine = z.infer<typeof newMachineSchema>;

export const machineSettingsSchema = z.object({
  name: z.string(),
  guestOs: z.string(),
  memoryMb: z.number().int(),
  network: networkSchema,
  backend: backendChoiceSchema.optional(),
  redoLogDir: z.string(),
  whenPoweringOff: z.enum(['ask', 'keep', 'commit', 'discard']),
  whenChangesWait: z.enum(['ask', 'continue']),
  isoPath: z.string().optional(),
  /** The first serial port goes to this file; relative to the machine's folder. */
  serialFile: z.string().optional(),
  disks: z.array(z.object({ slot: slotSchema, fileName: z.string(), mode: diskModeSchema })),
});
export type MachineSettings = z.infer<typeof machineSettingsSchema>;

const id = z.object({ id: z.string() });
const nothing = z.object({});

/** A finding about something typed: `problem` blocks, `warning` doesn't. */
const findingSchema = z.object({ problem: wireErrorSchema.optional(), warning: z.string().optional() });

export const machinesContract = {
  /** A snapshot, then changes with rising revisions. On a gap, ask again. */
  watch: stream(nothing, machineEventSchema),
  create: call(newMachineSchema, id),
  /** Makes the demo machine, or finds the one there is. */
  createDemo: call(nothing, id),
  /** Where a new machine of this name would go, and whether it may; an empty name asks for a free one. */
  proposeLocation: call(
    z.object({ name: z.string(), directory: z.string().optional() }),
    z.object({ name: z.string(), directory: z.string(), configPath: z.string(), problem: wireErrorSchema.optional() }),
  ),
  /** The files that a new disk would consist of, in order, and what speaks against it. */
  proposeDiskFiles: call(
    z.object({
      directory: z.string(),
      fileName: z.string(),
      capacityBytes: z.number(),
      split: z.boolean(),
      bus: busSchema,
    }),
    findingSchema.extend({ files: z.array(z.string()), freeBytes: z.number().optional() }),
  ),
  /** Checks of a REDO log directory as typed, for a machine that exists or is about to. */
  checkRedoDirectory: call(
    z.object({
      machineId: z.string().optional(),
      machineDirectory: z.string(),
      diskPaths: z.array(z.string()),
      redoLogDir: z.string(),
    }),
    findingSchema,
  ),
  createFolder: call(z.object({ path: z.string() }), nothing),
  /** Adds a configuration file that exists to the library. */
  open: call(z.object({ path: z.string() }), id),
  /** Takes it off the list; its files stay. */
  remove: call(id, nothing),
  /** What deleting would delete and what would stay, and why. */
  deletionPlan: call(
    id,
    z.object({
      deletes: z.array(z.object({ path: z.string(), sizeBytes: z.number() })),
      stays: z.array(
        z.object({
          path: z.string(),
          sizeBytes: z.number(),
          reason: z.enum(['used-by', 'may-be-used', 'base-disk', 'outside', 'read-only']),
          usedBy: z.array(z.string()),
          /** Configuration files of machines in the list that can't be read now. */
          mayUse: z.array(z.string()),
        }),
      ),
    }),
  ),
  delete: call(z.object({ id: z.string(), files: z.array(z.string()) }), nothing),
  settings: call(id, machineSettingsSchema),
  /** Adopts the machine's own waiting log where it is chosen as disk. Throws machine.decide-first (P3). */
  saveSettings: call(z.object({ id: z.string(), settings: machineSettingsSchema }), nothing),
  /**
   * Throws machine.changes-waiting (P2) unless `waiting` answers it; also where others have come after the answer, or
   * since `asked`, the changes that the question was about.
   */
  powerOn: call(
    z.object({
      id: z.string(),
      waiting: z.enum(['continue', 'commit', 'discard']).optional(),
      asked: z.array(waitingChangesSchema).optional(),
      alwaysContinue: z.boolean().optional(),
    }),
    nothing,
  ),
  shutDown: call(id, nothing),
  /** `keep`: nobody is asked, all changes are kept. */
  powerOff: call(z.object({ id: z.string(), keep: z.boolean().optional() }), nothing),
  reset: call(id, nothing),
  pause: call(id, nothing),
  /** Goes on, also after a pause for want of space; where there is still none, the guest is paused again. */
  resume: call(id, nothing),
  /** Answers the open power-off question, a row a disk. Commits go on as jobs. */
  decide: call(
    z.object({
      id: z.string(),
      answers: z.array(z.object({ slot: slotSchema, answer: decisionSchema, ...commitWays })),
      always: z.boolean().optional(),
    }),
    nothing,
  ),
  /** Decides about kept changes of a machine that is off. Throws machine.changes-waiting where others have come after the answer. */
  decideWaiting: call(
    z.object({
      id: z.string(),
      slot: slotSchema,
      answer: z.enum(['commit', 'discard']),
      ...commitWays,
    }),
    nothing,
  ),
  /** Goes on with a commit that was interrupted. */
  resumeCommit: call(z.object({ id: z.string(), slot: slotSchema }), nothing),
  /** A PNG file: the screen now, or with `takenAt` (milliseconds since 1970) the last one that was saved. */
  screenshot: call(id, z.object({ png: z.instanceof(Blob), takenAt: z.number().optional() })),
};
