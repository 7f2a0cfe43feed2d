import { z } from 'zod';
import { call, stream } from './call.ts';
import { wireErrorSchema } from './errors.ts';

export const jobViewSchema = z.object({
  id: z.string(),
  kind: z.enum(['commit']),
  machineId: z.string().optional(),
  /** What it works on, for example the name of the parent's file. */
  subject: z.string(),
  phase: z.enum(['preparing', 'copying', 'checking', 'removing', 'done']),
  doneBytes: z.number(),
  totalBytes: z.number(),
  state: z.enum(['running', 'done', 'failed', 'cancelled']),
  error: wireErrorSchema.optional(),
  startedAt: z.number(),
});
export type JobView = z.infer<typeof jobViewSchema>;

export const jobsContract = {
  /** All jobs, sent again whenever one changes; finished ones stay for a minute. */
  watch: stream(z.object({}), z.object({ jobs: z.array(jobViewSchema) })),
  cancel: call(z.object({ id: z.string() }), z.object({})),
};
