import { HostFile } from './host-file.ts';
import type { Range } from './picture.ts';

/** A grain of an extent, in bytes of the extent, and what it holds; without bytes the parent is asked, or it reads zeros. */
export interface Grain {
  readonly startBytes: number;
  readonly endBytes: number;
  readonly bytes: Buffer | undefined;
}

/** One file's share of a link. */
export interface Extent {
  readonly sizeBytes: number;
  /** The grain around a byte. */
  grainAt(offsetBytes: number): Grain;
  /** The ranges that it holds, in bytes of the extent. */
  held(): Range[];
  close(): void;
}

const pieceBytes = 65_536;

/** Part of a file, byte for byte. */
export class FlatExtent implements Extent {
  private readonly file: HostFile;

  constructor(
    path: string,
    readonly offsetBytes: number,
    readonly sizeBytes: number,
  ) {
    this.file = new HostFile(path);
  }

  grainAt(offsetBytes: number): Grain {
    const startBytes = offsetBytes - (offsetBytes % pieceBytes);
    const endBytes = Math.min(startBytes + pieceBytes, this.sizeBytes);
    return { startBytes, endBytes, bytes: this.file.read(this.offsetBytes + startBytes, endBytes - startBytes) };
  }

  held(): Range[] {
    return [{ startBytes: 0, endBytes: this.sizeBytes }];
  }

  close(): void {
    this.file.close();
  }
}

/** A line of type ZERO. */
export class ZeroExtent implements Extent {
  constructor(readonly sizeBytes: number) {}

  grainAt(): Grain {
    return { startBytes: 0, endBytes: this.sizeBytes, bytes: undefined };
  }

  held(): Range[] {
    return [];
  }

  close(): void {
    // It has nothing open.
  }
}
