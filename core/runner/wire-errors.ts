import { ORPCError } from '@orpc/contract';
import { RedoubtError, fromWire, toWire } from '../base/redoubt-error.ts';

/**
 * Errors of ours on the contract library's wires, in one place for both directions: a server throws
 * RedoubtErrors and the client gets RedoubtErrors; between them they are the contract's one defined error,
 * REDOUBT, whose data is a WireError.
 */
export function toDefinedError(error: unknown): ORPCError<string, unknown> {
  if (error instanceof ORPCError) return error as ORPCError<string, unknown>;
  const data = toWire(error);
  return new ORPCError('REDOUBT', { defined: true, message: data.message, data });
}

/** What a client call threw, as ours. A call that never got an answer becomes `internal`. */
export function fromDefinedError(error: unknown): RedoubtError {
  if (error instanceof RedoubtError) return error as RedoubtError;
  if (error instanceof ORPCError) {
    if (error.code === 'REDOUBT') return fromWire(error.data as { code: string; message: string; details: unknown });
    if (error.code === 'BAD_REQUEST') return badRequest(error.data);
  }
  const detail = error instanceof Error ? error.message : String(error);
  return new RedoubtError('internal', `The call failed: ${detail}`, { detail }, { cause: error });
}

function badRequest(data: unknown): RedoubtError {
  const found = (data as { issues?: { message?: unknown; path?: unknown[] }[] } | undefined)?.issues ?? [];
  const issues = found.map(({ message, path }) => `${(path ?? []).join('.')}: ${String(message)}`);
  return new RedoubtError('api.bad-request', `The request is not valid: ${issues.join('; ')}`, { issues });
}
