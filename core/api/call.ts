import { eventIterator, oc } from '@orpc/contract';
import type { z } from 'zod';
import { wireErrorSchema } from './errors.ts';

/**
 * Every refusal crosses a wire as this one defined error; its data is a WireError. Clients turn it back
 * into the error of its code.
 */
const base = oc.errors({ REDOUBT: { message: 'refused', data: wireErrorSchema } });

/** A call: input and output are checked on arrival. */
export function call<I extends z.ZodType, O extends z.ZodType>(input: I, output: O) {
  return base.input(input).output(output);
}

/** A stream of events that ends when the caller ends it. */
export function stream<I extends z.ZodType, E extends z.ZodType>(input: I, event: E) {
  return base.input(input).output(eventIterator(event));
}
