import { z } from 'zod';
import { call } from './call.ts';
import { backendChoiceSchema } from './machines.ts';

export const backendViewSchema = z.object({
  name: backendChoiceSchema,
  isAvailable: z.boolean(),
  /** Version and accelerator, or why not. */
  description: z.string(),
  /** Each `true` or the reason why not. */
  network: z.union([z.literal(true), z.string()]),
  scsi: z.union([z.literal(true), z.string()]),
  maximumMemoryMb: z.number(),
});
export type BackendView = z.infer<typeof backendViewSchema>;

const fileFilterSchema = z.object({ name: z.string(), extensions: z.array(z.string()) });

export const shellContract = {
  info: call(
    z.object({}),
    z.object({
      kind: z.enum(['electron', 'host']),
      version: z.string(),
      platform: z.string(),
      hasNativeDialogs: z.boolean(),
      machinesDirectory: z.string(),
      backends: z.array(backendViewSchema),
      hostMemoryMb: z.number(),
    }),
  ),
  /** The system's own dialogs; only where hasNativeDialogs. Nothing picked: no path. */
  pickFile: call(
    z.object({ title: z.string(), directory: z.string().optional(), filters: z.array(fileFilterSchema) }),
    z.object({ path: z.string().optional() }),
  ),
  pickFolder: call(
    z.object({ title: z.string(), directory: z.string().optional() }),
    z.object({ path: z.string().optional() }),
  ),
};
