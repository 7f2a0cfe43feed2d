const blockBytes = 65_536;

/** A range of a disk, `[startBytes, endBytes)`. */
export interface Range {
  readonly startBytes: number;
  readonly endBytes: number;
}

/** What a disk must read: zeros where nothing was painted. Holds only what was painted, so a disk may be large. */
export class Picture {
  private readonly blocks = new Map<number, Buffer>();

  constructor(readonly sizeBytes: number) {}

  paint(offsetBytes: number, bytes: Uint8Array): void {
    if (offsetBytes < 0 || offsetBytes + bytes.length > this.sizeBytes) throw new Error('painted beyond the disk');
    for (let done = 0; done < bytes.length;) {
      const at = offsetBytes + done;
      const index = Math.floor(at / blockBytes);
      const within = at - index * blockBytes;
      const length = Math.min(blockBytes - within, bytes.length - done);
      let block = this.blocks.get(index);
      if (block === undefined) this.blocks.set(index, (block = Buffer.alloc(blockBytes)));
      block.set(bytes.subarray(done, done + length), within);
      done += length;
    }
  }

  read(offsetBytes: number, lengthBytes: number): Buffer {
    const bytes = Buffer.alloc(lengthBytes);
    for (let done = 0; done < lengthBytes;) {
      const at = offsetBytes + done;
      const index = Math.floor(at / blockBytes);
      const within = at - index * blockBytes;
      const length = Math.min(blockBytes - within, lengthBytes - done);
      this.blocks.get(index)?.copy(bytes, done, within, within + length);
      done += length;
    }
    return bytes;
  }

  copy(): Picture {
    const copy = new Picture(this.sizeBytes);
    for (const [index, block] of this.blocks) copy.blocks.set(index, Buffer.from(block));
    return copy;
  }

  /** The blocks of 64 KiB in which something was painted. */
  painted(): Range[] {
    return [...this.blocks.keys()].map((index) => ({
      startBytes: index * blockBytes,
      endBytes: Math.min((index + 1) * blockBytes, this.sizeBytes),
    }));
  }
}

/** The same ranges in order, with overlapping and touching ones joined. */
export function joined(ranges: readonly Range[]): Range[] {
  const result: Range[] = [];
  for (const range of [...ranges].sort((a, b) => a.startBytes - b.startBytes)) {
    const last = result.at(-1);
    if (last === undefined || range.startBytes > last.endBytes) result.push(range);
    else result[result.length - 1] = { ...last, endBytes: Math.max(last.endBytes, range.endBytes) };
  }
  return result;
}
