/** Something that is on a disk: bytes from some offset on. */
export interface Stroke {
  readonly offsetBytes: number;
  readonly bytes: Uint8Array;
}

/** Anything that can say what a disk reads. */
export interface Readable {
  read(offsetBytes: number, lengthBytes: number): Buffer;
}

/** Where choices are made at random: a whole number, 0 ≤ n < limit. */
export interface Random {
  below(limit: number): number;
}

/**
 * The grains that strokes touch, by their number, each filled from below where the strokes leave parts of it
 * out. `startBytes` and `sizeBytes` say which part of the disk is cut into grains. The last one may be shorter.
 */
export function grainsOf(
  strokes: readonly Stroke[],
  { startBytes, sizeBytes, grainBytes }: { startBytes: number; sizeBytes: number; grainBytes: number },
  below: Readable | undefined,
): Map<number, Buffer> {
  const grains = new Map<number, Buffer>();
  for (const { offsetBytes, bytes } of strokes) {
    const from = Math.max(offsetBytes - startBytes, 0);
    const to = Math.min(offsetBytes + bytes.length - startBytes, sizeBytes);
    for (let at = from; at < to;) {
      const grain = Math.floor(at / grainBytes);
      const grainStart = grain * grainBytes;
      const grainEnd = Math.min(grainStart + grainBytes, sizeBytes);
      let content = grains.get(grain);
      if (content === undefined) {
        content = below?.read(startBytes + grainStart, grainEnd - grainStart) ?? Buffer.alloc(grainEnd - grainStart);
        grains.set(grain, content);
      }
      const end = Math.min(grainEnd, to);
      const source = startBytes + at - offsetBytes;
      content.set(bytes.subarray(source, source + end - at), at - grainStart);
      at = end;
    }
  }
  return grains;
}

export function shuffled<T>(values: Iterable<T>, random: Random): T[] {
  const list = [...values];
  for (let last = list.length - 1; last > 0; last--) {
    const other = random.below(last + 1);
    [list[last], list[other]] = [list[other] as T, list[last] as T];
  }
  return list;
}
