import { z } from 'zod';
import { commitRedoLog, type CommitProgress } from '../disk/commit/commit.ts';
import { commitToCopy } from '../disk/commit/commit-to-copy.ts';
import { removeAbandonedLogs } from '../disk/session/abandoned-logs.ts';
import { serveJob } from '../jobs/serve-job.ts';

/** The process of a job. Entry point; what to do arrives over its channel. */
export const commitInputSchema = z.object({
  kind: z.literal('commit'),
  redo: z.string(),
  dependents: z.enum(['preserve', 'break']).optional(),
  copyTo: z.string().optional(),
  copyLinkId: z.string().optional(),
  context: z.object({
    trustedPaths: z.array(z.string()).optional(),
    searchDirectories: z.array(z.string()).optional(),
    configDirectory: z.string().optional(),
    configFile: z.string().optional(),
    settingsDirectory: z.string().optional(),
    machineName: z.string().optional(),
    purpose: z.string().optional(),
  }),
});

serveJob(async (input, task) => {
  const { redo, context, dependents = 'refuse', copyTo, copyLinkId } = commitInputSchema.parse(input);
  // Absent and undefined mean the same here; the engine's types are stricter than JSON.
  const given = Object.fromEntries(Object.entries(context).filter(([, value]) => value !== undefined));
  const request = {
    redo,
    context: given,
    signal: task.signal,
    onProgress: (progress: CommitProgress) => {
      task.report(progress);
    },
  };
  if (copyTo !== undefined) return await commitToCopy({ ...request, file: copyTo, linkId: copyLinkId });
  await removeAbandonedLogs(redo, { context: given });
  return await commitRedoLog({ ...request, dependents });
});
