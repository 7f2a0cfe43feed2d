const SECTOR_BYTES = 512;

/**
 * What a disk reads, kept flat, with every version that a sector had since the last flush: a process that is killed
 * leaves any of them, by whole sectors.
 */
export class FlatDisk {
  readonly bytes: Uint8Array;
  private readonly versions = new Map<number, Uint8Array[]>();

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  copy(): FlatDisk {
    return new FlatDisk(this.bytes.slice());
  }

  write(at: number, bytes: Uint8Array): void {
    this.keep(at, bytes.length, () => {
      this.bytes.set(bytes, at);
    });
  }

  zero(at: number, length: number): void {
    this.keep(at, length, () => {
      this.bytes.fill(0, at, at + length);
    });
  }

  /** All that was written is there from now on. */
  settle(): void {
    this.versions.clear();
  }

  /** After the process was killed: takes over what is there, if it may be. Returns what is wrong, or `undefined`. */
  accept(found: Uint8Array): string | undefined {
    for (const [sector, versions] of this.versions) {
      const at = sector * SECTOR_BYTES;
      const there = found.subarray(at, at + SECTOR_BYTES);
      const isOneOf = versions.some((version) => Buffer.compare(version, there) === 0);
      if (isOneOf) this.bytes.set(there, at);
    }
    this.versions.clear();
    return this.compare(found);
  }

  compare(found: Uint8Array): string | undefined {
    if (Buffer.compare(found, this.bytes) === 0) return undefined;
    const at = this.bytes.findIndex((byte, index) => byte !== found[index]);
    return `byte ${String(at)} is ${String(found[at])} instead of ${String(this.bytes[at])}`;
  }

  private keep(at: number, length: number, change: () => void): void {
    const first = Math.floor(at / SECTOR_BYTES);
    const end = Math.ceil((at + length) / SECTOR_BYTES);
    for (let sector = first; sector < end; sector++)
      if (!this.versions.has(sector)) this.versions.set(sector, [this.sector(sector)]);
    change();
    for (let sector = first; sector < end; sector++) this.versions.get(sector)?.push(this.sector(sector));
  }

  private sector(sector: number): Uint8Array {
    return this.bytes.slice(sector * SECTOR_BYTES, (sector + 1) * SECTOR_BYTES);
  }
}
