import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { sectorBytes } from './cowd-layout.ts';
import type { Random } from './stroke.ts';

/** How grains lie in a file: on multiples of their size, one after the other, or with rubbish between. */
export type Placing = 'aligned' | 'packed' | 'scattered';

/** A file that is written from its beginning to its end, sector by sector. */
export class GrowingFile {
  private readonly fd: number;
  /** The first sector that nobody has. */
  endSector = 0;

  constructor(
    readonly path: string,
    private readonly random: Random,
  ) {
    this.fd = openSync(path, 'wx');
  }

  /** Takes sectors at the end. Returns the first. */
  take(sectors: number): number {
    const first = this.endSector;
    this.endSector += sectors;
    return first;
  }

  /** Takes a grain's sectors at the end, as `placing` says. */
  takeGrain(sectors: number, placing: Placing): number {
    if (placing === 'aligned') this.endSector = Math.ceil(this.endSector / sectors) * sectors;
    if (placing === 'scattered') {
      const gap = this.random.below(7);
      this.write(this.take(gap), Buffer.alloc(gap * sectorBytes, 0xee));
    }
    return this.take(sectors);
  }

  write(sector: number, bytes: Uint8Array): void {
    if (bytes.length > 0) writeSync(this.fd, bytes, 0, bytes.length, sector * sectorBytes);
  }

  /** The file ends where the last taken sector does. */
  close(): void {
    ftruncateSync(this.fd, this.endSector * sectorBytes);
    closeSync(this.fd);
  }
}
