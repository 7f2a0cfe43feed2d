import { assert } from '../../base/assert.ts';
import { MIB } from '../../base/units.ts';

/** Never written. */
const zeros = Buffer.alloc(MIB);

/** `lengthBytes` of zeros as chunks; they share one buffer, so nobody may write into them. */
export function zeroChunks(lengthBytes: number): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let left = lengthBytes; left > 0; left -= MIB) chunks.push(zeros.subarray(0, Math.min(left, MIB)));
  return chunks;
}

/** Walks over the chunks of a request and hands out parts of them without copying. */
export class ChunkCursor {
  private readonly chunks: readonly Uint8Array[];
  private readonly totalBytes: number;
  private index = 0;
  private within = 0;

  constructor(chunks: readonly Uint8Array[], totalBytes: number) {
    this.chunks = chunks;
    this.totalBytes = totalBytes;
  }

  /** The next `lengthBytes`, as views into the chunks; all of them at once as they are. */
  take(lengthBytes: number): readonly Uint8Array[] {
    if (lengthBytes === this.totalBytes) return this.chunks;
    const taken: Uint8Array[] = [];
    for (let left = lengthBytes; left > 0;) {
      const chunk = this.chunks[this.index];
      assert(chunk !== undefined, 'the chunks hold what was asked for');
      const part = chunk.subarray(this.within, Math.min(chunk.length, this.within + left));
      if (part.length > 0) taken.push(part);
      left -= part.length;
      this.within += part.length;
      if (this.within === chunk.length) {
        this.index++;
        this.within = 0;
      }
    }
    return taken;
  }
}
