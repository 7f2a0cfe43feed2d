import type { SeededRandom } from '../seeded-random.ts';

const SECTOR_BYTES = 512;
export const PAGE_BYTES = 4096;
/** What an unsynced new length is filled with: what the device had there before. */
const poisonByte = 0xdb;
/** More than that of a new length is not poisoned, to spare memory: nothing tested here loses as much. */
const longestPoisonBytes = 8 * 1024 * 1024;

/** Bytes by page; absent pages are zeros. Pages that `copy` shares are copied before they are written. */
export class SparseBytes {
  private readonly pages = new Map<number, Uint8Array>();
  private shared = new Set<number>();

  copy(): SparseBytes {
    const copy = new SparseBytes();
    for (const [index, page] of this.pages) {
      copy.pages.set(index, page);
      copy.shared.add(index);
      this.shared.add(index);
    }
    return copy;
  }

  /** Fills all of `target`. */
  read(offsetBytes: number, target: Uint8Array): void {
    for (let done = 0; done < target.length;) {
      const at = offsetBytes + done;
      const inPage = at % PAGE_BYTES;
      const length = Math.min(PAGE_BYTES - inPage, target.length - done);
      const page = this.pages.get(Math.floor(at / PAGE_BYTES));
      if (page === undefined) target.fill(0, done, done + length);
      else target.set(page.subarray(inPage, inPage + length), done);
      done += length;
    }
  }

  write(offsetBytes: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;) {
      const at = offsetBytes + done;
      const inPage = at % PAGE_BYTES;
      const length = Math.min(PAGE_BYTES - inPage, bytes.length - done);
      this.ownPage(Math.floor(at / PAGE_BYTES)).set(bytes.subarray(done, done + length), inPage);
      done += length;
    }
  }

  /** Zeros from there on; returns the sectors that may have held something else. */
  cut(fromBytes: number): number[] {
    const cut: number[] = [];
    for (const index of [...this.pages.keys()]) {
      const end = (index + 1) * PAGE_BYTES;
      if (end <= fromBytes) continue;
      const start = Math.max(fromBytes, index * PAGE_BYTES);
      for (let at = start; at < end; at += SECTOR_BYTES - (at % SECTOR_BYTES)) cut.push(Math.floor(at / SECTOR_BYTES));
      if (start === index * PAGE_BYTES) {
        this.pages.delete(index);
        this.shared.delete(index);
      } else {
        this.ownPage(index).fill(0, start - index * PAGE_BYTES);
      }
    }
    return cut;
  }

  sector(number: number): Uint8Array {
    const bytes = new Uint8Array(SECTOR_BYTES);
    this.read(number * SECTOR_BYTES, bytes);
    return bytes;
  }

  /** What is stored, holes left out. */
  storedBytes(): number {
    return this.pages.size * PAGE_BYTES;
  }

  private ownPage(index: number): Uint8Array {
    const page = this.pages.get(index);
    if (page !== undefined && !this.shared.has(index)) return page;
    const own = page === undefined ? new Uint8Array(PAGE_BYTES) : page.slice();
    this.pages.set(index, own);
    this.shared.delete(index);
    return own;
  }
}

interface Version {
  readonly order: number;
  readonly bytes: Uint8Array;
}

/**
 * The bytes of one file, as programs see them (`current`) and as the device has them (`durable`), with every
 * version of every sector that was written in between. A sync covers what was written before it began.
 */
export class FileContent {
  current = new SparseBytes();
  lengthBytes = 0;
  private durable = new SparseBytes();
  private durableLength = 0;
  private order = 0;
  private sectors = new Map<number, Version[]>();
  private lengths: { order: number; lengthBytes: number }[] = [];

  copy(): FileContent {
    const copy = new FileContent();
    copy.current = this.current.copy();
    copy.lengthBytes = this.lengthBytes;
    copy.durable = this.durable.copy();
    copy.durableLength = this.durableLength;
    copy.order = this.order;
    copy.sectors = new Map([...this.sectors].map(([sector, versions]) => [sector, [...versions]]));
    copy.lengths = [...this.lengths];
    return copy;
  }

  get isSynced(): boolean {
    return this.sectors.size === 0 && this.lengths.length === 0;
  }

  read(offsetBytes: number, target: Uint8Array): number {
    const length = Math.max(0, Math.min(target.length, this.lengthBytes - offsetBytes));
    this.current.read(offsetBytes, target.subarray(0, length));
    return length;
  }

  write(offsetBytes: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const end = offsetBytes + bytes.length;
    this.current.write(offsetBytes, bytes);
    if (end > this.lengthBytes) this.noteLength(end);
    for (let sector = Math.floor(offsetBytes / SECTOR_BYTES); sector * SECTOR_BYTES < end; sector++) this.note(sector);
  }

  setLength(lengthBytes: number): void {
    if (lengthBytes < this.lengthBytes) for (const sector of this.current.cut(lengthBytes)) this.note(sector);
    if (lengthBytes !== this.lengthBytes) this.noteLength(lengthBytes);
  }

  /** Returns what makes everything written so far durable. */
  beginSync(): () => void {
    const upTo = this.order;
    return () => {
      for (const [sector, versions] of this.sectors) {
        const covered = versions.filter((version) => version.order <= upTo);
        const last = covered.at(-1);
        if (last === undefined) continue;
        this.durable.write(sector * SECTOR_BYTES, last.bytes);
        if (covered.length === versions.length) this.sectors.delete(sector);
        else this.sectors.set(sector, versions.slice(covered.length));
      }
      const lengths = this.lengths.filter((change) => change.order <= upTo);
      for (const { lengthBytes } of lengths) this.resizeDurable(lengthBytes);
      this.lengths = this.lengths.slice(lengths.length);
    };
  }

  /**
   * The device refused some of it. As Linux does, all of it counts as written from now on, so that the next
   * sync says nothing; `dropsCache`: what is read from now on is what the device has.
   */
  failSync(random: SeededRandom, dropsCache: boolean): void {
    for (const [sector, versions] of this.sectors) {
      const last = versions.at(-1);
      if (last !== undefined && random.below(2) === 0) this.durable.write(sector * SECTOR_BYTES, last.bytes);
    }
    for (const { lengthBytes } of this.lengths) this.resizeDurable(lengthBytes);
    this.sectors.clear();
    this.lengths = [];
    if (dropsCache) this.current = this.durable.copy();
  }

  /** Each unsynced sector becomes any of the versions it had since the last sync, or stays as it was; so does the length. */
  losePower(random: SeededRandom): void {
    const before = this.durableLength;
    const lengths = [before, ...this.lengths.map((change) => change.lengthBytes)];
    const length = random.pick(lengths);
    const poisonEnd = Math.min(length, before + longestPoisonBytes);
    for (let at = before; at < poisonEnd;) {
      const end = Math.min(poisonEnd, at + PAGE_BYTES - (at % PAGE_BYTES));
      this.durable.write(at, new Uint8Array(end - at).fill(poisonByte));
      at = end;
    }
    for (const [sector, versions] of this.sectors) {
      const version = versions[random.below(versions.length + 1) - 1];
      if (version !== undefined) this.durable.write(sector * SECTOR_BYTES, version.bytes);
    }
    this.durable.cut(length);
    this.durableLength = length;
    this.current = this.durable.copy();
    this.lengthBytes = length;
    this.sectors.clear();
    this.lengths = [];
  }

  /** All of it, for small files. */
  text(): string {
    const bytes = Buffer.alloc(this.lengthBytes);
    this.current.read(0, bytes);
    return bytes.toString();
  }

  /** Changed from outside of any process: what was durable stays so. */
  replaceText(text: string): void {
    const wasSynced = this.isSynced;
    const bytes = Buffer.from(text);
    this.setLength(bytes.length);
    this.write(0, bytes);
    if (wasSynced) this.beginSync()();
  }

  private note(sector: number): void {
    const version = { order: ++this.order, bytes: this.current.sector(sector) };
    const versions = this.sectors.get(sector);
    if (versions === undefined) this.sectors.set(sector, [version]);
    else versions.push(version);
  }

  private noteLength(lengthBytes: number): void {
    this.lengths.push({ order: ++this.order, lengthBytes });
    this.lengthBytes = lengthBytes;
  }

  private resizeDurable(lengthBytes: number): void {
    if (lengthBytes < this.durableLength) this.durable.cut(lengthBytes);
    this.durableLength = lengthBytes;
  }
}
