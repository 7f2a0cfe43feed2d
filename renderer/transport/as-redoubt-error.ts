import { ORPCError } from '@orpc/client';
import { RedoubtError, fromWire, isRedoubtError } from '../errors/redoubt-error.ts';

/**
 * Anything a call threw, as one typed error. The contract's only defined error is REDOUBT, whose data is
 * code and details; input that did not pass its schema is BAD_REQUEST; a call that the wire dropped is
 * `shell.unreachable`. What is none of these is a bug of ours: `internal`.
 */
export function asRedoubtError(thrown: unknown): RedoubtError {
  if (isRedoubtError(thrown)) return thrown;
  if (thrown instanceof ORPCError) return fromRpc(thrown as ORPCError<string, unknown>);
  const detail = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  if (isDroppedCall(thrown)) return new RedoubtError('shell.unreachable', detail, {}, { cause: thrown });
  return new RedoubtError('internal', detail, { detail }, { cause: thrown });
}

function fromRpc(error: ORPCError<string, unknown>): RedoubtError {
  if (error.code === 'REDOUBT' && isWireShaped(error.data)) return fromWire(error.data);
  if (error.code === 'BAD_REQUEST') {
    return new RedoubtError('api.bad-request', error.message, { issues: issuesOf(error.data) }, { cause: error });
  }
  if (error.code === 'UNAUTHORIZED') return new RedoubtError('host.unauthorised', error.message, {}, { cause: error });
  return new RedoubtError('internal', error.message, { detail: `${error.code}: ${error.message}` }, { cause: error });
}

function isWireShaped(data: unknown): data is { code: string; message: string; details: unknown } {
  return typeof data === 'object' && data !== null && 'code' in data && 'message' in data && 'details' in data;
}

/** One line an issue: where, and what the schema says. */
function issuesOf(data: unknown): string[] {
  const issues = (data as { issues?: unknown } | undefined)?.issues;
  if (!Array.isArray(issues)) return [];
  return issues.map((issue: { path?: unknown[]; message?: string }) => {
    const where = (issue.path ?? []).map(String).join('.');
    return where === '' ? String(issue.message) : `${where}: ${String(issue.message)}`;
  });
}

/** The link rejects what was under way when its socket or port closed, and what is sent after that. */
function isDroppedCall(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  return thrown.name === 'AbortError' || thrown.message.includes('not open') || thrown.message.includes('closed');
}
