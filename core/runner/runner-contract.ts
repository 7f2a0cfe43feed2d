import type { ContractRouterClient } from '@orpc/contract';
import { z } from 'zod';
import { call, stream } from '../api/call.ts';
import {
  backendChoiceSchema,
  decisionSchema,
  pausedSchema,
  powerOffQuestionSchema,
  powerStateSchema,
  commitWays,
  slotSchema,
} from '../api/machines.ts';
import { wireErrorSchema } from '../api/errors.ts';

/** What a shell knows of a machine that has a runner. */
export const runnerStateSchema = z.object({
  machineId: z.string(),
  /** Process id of the runner. */
  pid: z.number(),
  power: powerStateSchema,
  /** While `paused`. */
  paused: pausedSchema.optional(),
  startedAt: z.number().optional(),
  backend: backendChoiceSchema.optional(),
  /** Absolute path of the RFB socket while there is one. */
  rfbSocketPath: z.string().optional(),
  /** The logs that take the writes now. */
  disks: z.array(z.object({ slot: slotSchema, redo: z.string().optional(), allocatedBytes: z.number() })),
  question: powerOffQuestionSchema.optional(),
  problem: wireErrorSchema.optional(),
  /** The runner is about to end in good order; nothing more will come. */
  isLeaving: z.boolean(),
});
export type RunnerState = z.infer<typeof runnerStateSchema>;

const nothing = z.object({});

/**
 * What a runner does for shells, over WebSocket on its control socket. Order: `start` once, then the rest.
 * Several shells may be attached; each sees every state.
 */
export const runnerContract = {
  /** Resolves when the guest runs. Rejects with why it could not; then the runner ends by itself. */
  start: call(z.object({ continueWaiting: z.boolean() }), nothing),
  /** The state now, then every change. */
  watch: stream(nothing, runnerStateSchema),
  shutDown: call(nothing, nothing),
  /** `keep`: nobody is asked. */
  powerOff: call(z.object({ keep: z.boolean().optional() }), nothing),
  reset: call(nothing, nothing),
  pause: call(nothing, nothing),
  resume: call(nothing, nothing),
  /** Answers the open question. Resolves when it is written down; what commits is left to the shell. */
  decide: call(
    z.object({
      answers: z.array(z.object({ slot: slotSchema, answer: decisionSchema, ...commitWays })),
      always: z.boolean().optional(),
    }),
    nothing,
  ),
  /** A PNG file. */
  screenshot: call(nothing, z.object({ png: z.instanceof(Blob) })),
};
export type RunnerClient = ContractRouterClient<typeof runnerContract>;
