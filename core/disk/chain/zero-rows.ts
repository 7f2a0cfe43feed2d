/** Part of a request's content: all zeros, or grains of which none is. */
export interface ContentRow {
  readonly lengthBytes: number;
  readonly isZeros: boolean;
}

/** Never written. */
const zeros = Buffer.alloc(65536);

/**
 * Cuts content after `firstBytes`, and then every `grainBytes`, wherever a grain that is all zeros meets one that
 * is not. What is not zero is usually seen at a grain's first byte.
 */
export function zeroRows(
  chunks: readonly Uint8Array[],
  lengthBytes: number,
  firstBytes: number,
  grainBytes: number,
): ContentRow[] {
  const rows: { lengthBytes: number; isZeros: boolean }[] = [];
  let index = 0;
  let within = 0;
  for (let at = 0, end = firstBytes; at < lengthBytes; at = end, end += grainBytes) {
    end = Math.min(end, lengthBytes);
    let isZeros = true;
    for (let left = end - at; left > 0;) {
      const chunk = chunks[index] as Uint8Array;
      const part = Math.min(left, chunk.length - within);
      isZeros &&= isZeroRange(chunk, within, within + part);
      left -= part;
      within += part;
      if (within < chunk.length) continue;
      index++;
      within = 0;
    }
    const last = rows.at(-1);
    if (last?.isZeros === isZeros) last.lengthBytes += end - at;
    else rows.push({ lengthBytes: end - at, isZeros });
  }
  return rows;
}

export function isZeroRange(bytes: Uint8Array, from: number, to: number): boolean {
  if (from < to && bytes[from] !== 0) return false;
  for (let at = from; at < to; at += zeros.length) {
    const end = Math.min(to, at + zeros.length);
    if (zeros.compare(bytes, at, end, 0, end - at) !== 0) return false;
  }
  return true;
}
