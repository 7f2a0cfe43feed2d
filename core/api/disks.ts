import { z } from 'zod';
import { call } from './call.ts';
import { dependentSchema, wireErrorSchema } from './errors.ts';

export const fileKindSchema = z.enum(['base', 'redo-log', 'segment', 'not-a-disk', 'folder', 'image']);

/** One row of the picker. What a file is comes from its header, never from its name. */
export const pickerRowSchema = z.object({
  path: z.string(),
  name: z.string(),
  kind: fileKindSchema,
  /** For a redo log: the stored name of its parent. */
  parent: z.string().optional(),
  /** For a segment: the first file, and which part it is, from 2. */
  first: z.string().optional(),
  part: z.number().optional(),
  /** Of a disk or redo log: cowd, vmdk, flat, stream or raw; of what is not a disk here, another program's. */
  format: z.string().optional(),
  capacityBytes: z.number().optional(),
  /** All files of the disk together. */
  sizeBytes: z.number(),
  changedAt: z.number(),
  usedBy: z.array(z.string()),
});
export type PickerRow = z.infer<typeof pickerRowSchema>;

export const linkReportSchema = z.object({
  path: z.string(),
  files: z.array(z.string()),
  role: z.enum(['base', 'redo-log']),
  format: z.string(),
  dialect: z.string().optional(),
  capacityBytes: z.number(),
  allocatedBytes: z.number(),
  grainBytes: z.number(),
  generation: z.number(),
  linkId: z.string().optional(),
  contentId: z.string().optional(),
  owner: z.string().optional(),
  /** `mixed`: a commit into it was given up half-way. */
  state: z.enum(['clean', 'unclean', 'committing', 'mixed']),
  /** It keeps what its parent was before a commit, for logs that were made on that. */
  isOldState: z.boolean().optional(),
  isReadOnly: z.boolean(),
  changedAt: z.number(),
});
export const chainReportSchema = z.object({
  capacityBytes: z.number(),
  /** From the leaf to the base. */
  links: z.array(linkReportSchema),
});
export type ChainReport = z.infer<typeof chainReportSchema>;

export const disksContract = {
  /**
   * The folder's disks for the picker, segments folded under their first file unless `filter` is `all`.
   * `directory` absent: the folder where the user's machines are.
   */
  browse: call(
    z.object({
      directory: z.string().optional(),
      filter: z.enum(['disks-and-logs', 'vmdk', 'redo-logs', 'all', 'images']),
    }),
    z.object({ directory: z.string(), parent: z.string().optional(), rows: z.array(pickerRowSchema) }),
  ),
  /** Disks that machines of the library use, and their bases. */
  known: call(z.object({}), z.object({ rows: z.array(pickerRowSchema) })),
  /** The chain below a file the user picked. Throws disk.segment-picked, disk.not-a-disk and the like. */
  inspect: call(
    z.object({ path: z.string() }),
    z.object({
      chain: chainReportSchema,
      dependents: z.array(dependentSchema),
      /** Names of machines that have it as their disk. */
      usedBy: z.array(z.string()),
      /** Why persistent mode would be refused; absent where it is allowed. */
      persistentProblem: wireErrorSchema.optional(),
    }),
  ),
  dependents: call(z.object({ path: z.string() }), z.object({ dependents: z.array(dependentSchema) })),
  protect: call(z.object({ path: z.string() }), z.object({})),
  unprotect: call(z.object({ path: z.string() }), z.object({})),
  /**
   * Hangs a redo log from another file, after the same proof as at every open. `acceptChanged`: the user has
   * confirmed twice that its content may be another (else disk.parent-changed).
   */
  relink: call(
    z.object({ redo: z.string(), parent: z.string(), acceptChanged: z.boolean().default(false) }),
    z.object({ file: z.string(), parent: z.string(), wasChanged: z.boolean() }),
  ),
  /** The user has chosen a file that something names from elsewhere: it may be opened from now on. */
  approve: call(z.object({ path: z.string() }), z.object({})),
  /**
   * The user says that the holder of a lock is gone: `file` and `token` of the disk.locked that named it. Takes
   * eleven seconds, in which the holder is watched. Throws disk.locked if it lives.
   */
  breakLock: call(z.object({ file: z.string(), token: z.string() }), z.object({})),
};
