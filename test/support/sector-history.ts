import type { BlockDevice } from '../../core/disk/block-device.ts';

const SECTOR_BYTES = 512;

interface State {
  readonly stamp: number;
  /** When the write was answered: a flush that begins later leaves nothing older. */
  answeredAt: number;
}

/**
 * What each sector of a disk may hold after a crash: the stamp that was last flushed, or any that was written
 * since. A stamp is one number that fills the sector; 0 is zeros.
 */
export class SectorHistory {
  private readonly allowed: (readonly State[])[];
  private now = 0;

  constructor(sectors: number) {
    const never: readonly State[] = [{ stamp: 0, answeredAt: 0 }];
    this.allowed = Array.from({ length: sectors }, () => never);
  }

  get sectors(): number {
    return this.allowed.length;
  }

  copy(): SectorHistory {
    const copy = new SectorHistory(0);
    for (const states of this.allowed) copy.allowed.push(states);
    copy.now = this.now;
    return copy;
  }

  /** A write that was answered. */
  write(first: number, count: number, stamp: number): void {
    this.beginWrite(first, count, stamp)();
  }

  /** Returns what is to be called when it was answered; one that was not may be there, in part or not at all. */
  beginWrite(first: number, count: number, stamp: number): () => void {
    const state: State = { stamp, answeredAt: Infinity };
    for (let sector = first; sector < first + count; sector++)
      this.allowed[sector] = [...(this.allowed[sector] ?? []), state];
    return () => {
      state.answeredAt = ++this.now;
    };
  }

  /** Returns what is to be called when a flush that begins now has ended: older states are impossible then. */
  beginFlush(): () => void {
    const at = this.now;
    return () => {
      for (const [sector, states] of this.allowed.entries()) {
        const last = states.findLastIndex((state) => state.answeredAt <= at);
        if (last > 0) this.allowed[sector] = states.slice(last);
      }
    };
  }

  /** Whether a sector may hold this stamp; from now on it holds nothing else. */
  accepts(sector: number, stamp: number): boolean {
    const states = this.allowed[sector] ?? [];
    const state = states.findLast((one) => one.stamp === stamp);
    if (state === undefined) return false;
    if (states.length > 1) this.allowed[sector] = [{ ...state, answeredAt: 0 }];
    return true;
  }

  /** The stamps that a sector may hold, for messages. */
  describe(sector: number): string {
    return (this.allowed[sector] ?? []).map((state) => String(state.stamp)).join(' or ');
  }
}

/** The bytes of sectors that hold a stamp. */
export function stamped(sectors: number, stamp: number): Uint8Array {
  return new Uint8Array(new Uint32Array((sectors * SECTOR_BYTES) / 4).fill(stamp).buffer);
}

/** Reads a whole disk. Returns what is wrong with the first sector that holds what it must not, or `undefined`. */
export async function judgeSectors(device: BlockDevice, history: SectorHistory): Promise<string | undefined> {
  const all = new Uint8Array(device.sizeBytes);
  await device.read(0, all);
  const words = new Uint32Array(all.buffer);
  const wordsPerSector = SECTOR_BYTES / 4;
  for (let sector = 0; sector < history.sectors; sector++) {
    const first = sector * wordsPerSector;
    const stamp = words[first] as number;
    let isWhole = true;
    for (let word = first + 1; word < first + wordsPerSector; word++) if (words[word] !== stamp) isWhole = false;
    if (isWhole && history.accepts(sector, stamp)) continue;
    const found = `${String(stamp)}${isWhole ? '' : ' in part'}`;
    return `sector ${String(sector)} holds ${found}, not ${history.describe(sector)}`;
  }
  return undefined;
}
