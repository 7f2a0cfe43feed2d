import { allocationContext, maximumNameBytes, option } from './protocol.ts';

/** What LIST_META_CONTEXT and SET_META_CONTEXT ask. */
export interface MetaContextRequest {
  readonly exportName: string;
  readonly queries: readonly string[];
}

/** Takes a request apart, or answers `undefined` if its lengths don't add up. */
export function parseMetaContextRequest(data: Buffer): MetaContextRequest | undefined {
  const name = readString(data, 0);
  if (name === undefined || data.length < name.end + 4) return undefined;
  const count = data.readUInt32BE(name.end);
  let at = name.end + 4;
  const queries: string[] = [];
  for (let index = 0; index < count; index++) {
    const query = readString(data, at);
    if (query === undefined) return undefined;
    queries.push(query.text);
    at = query.end;
  }
  return at === data.length ? { exportName: name.text, queries } : undefined;
}

/**
 * Whether `base:allocation` is among what a request asks for. A list without a query asks for all that there
 * is, and one may ask for a whole namespace; what is set must be called by its name.
 */
export function asksForAllocation(kind: number, { queries }: MetaContextRequest): boolean {
  if (queries.includes(allocationContext.name)) return true;
  return kind === option.listMetaContext && (queries.length === 0 || queries.includes('base:'));
}

function readString(data: Buffer, at: number): { text: string; end: number } | undefined {
  if (data.length < at + 4) return undefined;
  const lengthBytes = data.readUInt32BE(at);
  const end = at + 4 + lengthBytes;
  if (lengthBytes > maximumNameBytes || data.length < end) return undefined;
  return { text: data.toString('utf8', at + 4, end), end };
}
