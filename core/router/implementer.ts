import { implement } from '@orpc/server';
import { contract } from '../api/contract.ts';
import { toDefinedError } from '../runner/wire-errors.ts';

/** The contract, ready for handlers: whatever they throw crosses the wire as the contract's defined error. */
export const os = implement(contract).use(async ({ next }) => {
  try {
    return await next();
  } catch (error) {
    throw toDefinedError(error);
  }
});
