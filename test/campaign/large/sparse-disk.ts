const SECTOR_BYTES = 512;
const zeros = new Uint8Array(SECTOR_BYTES);

/** What a large disk reads: the sectors that are not zeros, by number. A sector's bytes are replaced, never changed. */
export class SparseDisk {
  private readonly sectors: Map<number, Uint8Array>;

  constructor(sectors: ReadonlyMap<number, Uint8Array> = new Map<number, Uint8Array>()) {
    this.sectors = new Map(sectors);
  }

  copy(): SparseDisk {
    return new SparseDisk(this.sectors);
  }

  write(at: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;) {
      const sector = Math.floor((at + done) / SECTOR_BYTES);
      const inSector = (at + done) % SECTOR_BYTES;
      const part = bytes.subarray(done, done + SECTOR_BYTES - inSector);
      const whole = this.sector(sector).slice();
      whole.set(part, inSector);
      if (Buffer.compare(whole, zeros) === 0) this.sectors.delete(sector);
      else this.sectors.set(sector, whole);
      done += part.length;
    }
  }

  /** Works by what there is: a range may be larger than all memory. */
  zero(at: number, length: number): void {
    for (const sector of this.within(at, length)) {
      const from = Math.max(at, sector * SECTOR_BYTES);
      this.write(from, new Uint8Array(Math.min(at + length, (sector + 1) * SECTOR_BYTES) - from));
    }
  }

  read(at: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length;) {
      const inSector = (at + done) % SECTOR_BYTES;
      const part = this.sector(Math.floor((at + done) / SECTOR_BYTES)).subarray(inSector, inSector + length - done);
      bytes.set(part, done);
      done += part.length;
    }
    return bytes;
  }

  /** The sectors of a range that are not zeros. */
  within(at: number, length: number): number[] {
    const [first, end] = [Math.floor(at / SECTOR_BYTES), Math.ceil((at + length) / SECTOR_BYTES)];
    return [...this.sectors.keys()].filter((sector) => sector >= first && sector < end);
  }

  private sector(sector: number): Uint8Array {
    return this.sectors.get(sector) ?? zeros;
  }
}
