import { existsSync } from 'node:fs';
import { z } from 'zod';
import { commitDependentsSchema, decisionSchema, slotSchema } from '../api/machines.ts';
import { RedoubtError } from '../base/redoubt-error.ts';
import { readFileIfThere, removeFile, replaceFile } from '../base/atomic-file.ts';

/**
 * What was answered and is not yet carried out. The file lies beside the configuration and is synced before
 * anything of it is done; each row leaves it when it is done. After a crash, the rows that are left are
 * carried out at the next start, without asking again.
 *
 * A row holds for the log as it was when the answer was given: link id and content id name it. A log that
 * somebody has written since is not the one that was meant, and its row is dropped, which is a keep.
 */
const rowSchema = z.object({
  slot: slotSchema,
  redo: z.string(),
  answer: decisionSchema,
  dependents: commitDependentsSchema.optional(),
  copyTo: z.string().optional(),
  /** The link id that the copy will have. */
  copyLinkId: z.string().optional(),
  linkId: z.string().optional(),
  contentId: z.string().optional(),
});
export type DecisionRow = z.infer<typeof rowSchema>;

const fileSchema = z.object({ redoubt: z.literal(1), rows: z.array(rowSchema) });

export function readDecisions(configPath: string): DecisionRow[] {
  try {
    const text = readFileIfThere(decisionPath(configPath));
    return text === undefined ? [] : fileSchema.parse(JSON.parse(text)).rows;
  } catch (error) {
    // A folder that is out of reach may be there again tomorrow.
    if (error instanceof RedoubtError && error.kind !== 'data') throw error;
    return []; // Not ours to guess what was meant: an answer that can't be understood is a keep.
  }
}

/** Replaces the rows, synced; none removes the file. Throws disk.permission, disk.no-space, disk.io. */
export function writeDecisions(configPath: string, rows: readonly DecisionRow[]): void {
  const path = decisionPath(configPath);
  if (rows.length > 0) replaceFile(path, `${JSON.stringify({ redoubt: 1, rows }, undefined, 2)}\n`);
  else if (existsSync(path)) removeFile(path);
}

export function decisionPath(configPath: string): string {
  return `${configPath}.decisions`;
}
