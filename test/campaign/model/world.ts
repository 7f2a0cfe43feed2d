import type { SeededRandom } from '../../support/seeded-random.ts';

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

/** A link as the model knows it. */
export interface ModelLink {
  readonly file: string;
  /** What a session names as the disk; absent for a base. */
  parent: ModelLink | undefined;
  disk: FlatDisk;
  /** Rises when the link is opened and written: the content id's counterpart. */
  version: number;
  /** The parent's when the log was laid over it. */
  overVersion: number;
  /** Versions of this link that an old-state link stands for, and over which it lies. */
  readonly oldStates: Map<number, number>;
  /** Files and what they held, as they were backed up. */
  backup:
    | { readonly contents: ReadonlyMap<string, Buffer>; readonly bytes: Uint8Array; readonly version: number }
    | undefined;
}

/** Whether a log lies over what its parent holds now, or over an old state that is kept. */
export function fitsParent({ parent, overVersion }: ModelLink): boolean {
  if (parent === undefined) return true;
  for (let at: number | undefined = overVersion; at !== undefined; at = parent.oldStates.get(at))
    if (at === parent.version) return true;
  return false;
}

export function isReadable(link: ModelLink): boolean {
  return fitsParent(link) && (link.parent === undefined || isReadable(link.parent));
}

/** Whether a log lies directly over its parent as that is now. */
export function isDirect(link: ModelLink): boolean {
  return link.parent !== undefined && link.overVersion === link.parent.version;
}

export function childrenOf(links: readonly ModelLink[], link: ModelLink): ModelLink[] {
  return links.filter((one) => one.parent === link);
}

/** A range of a disk, more often small and near to others. */
export function drawRange(random: SeededRandom, sizeBytes: number): { at: number; length: number } {
  const unit = random.pick([1, 512, 4096]);
  const at = Math.min(sizeBytes - 1, random.below(Math.ceil(sizeBytes / unit)) * unit);
  return {
    at,
    length: Math.min(sizeBytes - at, unit * (1 + random.below(random.pick([2, 8, unit === 1 ? 9000 : 40])))),
  };
}
