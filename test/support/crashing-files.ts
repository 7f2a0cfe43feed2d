import { RedoubtError } from '../../core/base/redoubt-error.ts';
import type { DiskFile, FileLayer } from '../../core/disk/files/disk-file.ts';
import type { SeededRandom } from './seeded-random.ts';

const SECTOR_BYTES = 512;

type Change = { readonly sector: number; readonly bytes: Uint8Array } | { readonly lengthBytes: number };

/** What a layer was asked to do, in order. */
export interface FileEvent {
  readonly file: string;
  readonly does: 'create' | 'write' | 'set-length' | 'sync-begins' | 'sync-ends';
  readonly offsetBytes?: number;
  readonly lengthBytes?: number;
}

/** A file as the device has it, and all changes that were not synced. */
class StoredFile {
  durable = new Uint8Array(0);
  current = new Uint8Array(0);
  changes: Change[] = [];
}

/**
 * Files in memory that forget what was not synced. `crash` keeps each unsynced sector in any of the states it
 * was written with, or as it was, whatever the order of the writes: a sync is the only order there is.
 * Faults: `fault` is asked before each write and sync and may throw.
 */
export class CrashingFiles implements FileLayer {
  readonly events: FileEvent[] = [];
  fault: (event: FileEvent) => void = () => undefined;
  private files = new Map<string, StoredFile>();
  /** Handles opened before a crash are dead. */
  private era = 0;

  at(name: string): string {
    return `/memory/${name}`;
  }

  open(path: string, isWritable: boolean): DiskFile {
    const stored = this.files.get(path);
    if (stored === undefined) throw new RedoubtError('disk.not-found', `${path} does not exist.`, { file: path });
    return this.handle(path, stored, isWritable);
  }

  create(path: string): DiskFile {
    if (this.files.has(path)) throw new RedoubtError('disk.exists', `${path} exists.`, { file: path });
    const stored = new StoredFile();
    this.files.set(path, stored);
    this.note({ file: path, does: 'create' });
    return this.handle(path, stored, true);
  }

  rename(from: string, to: string): void {
    const stored = this.files.get(from);
    if (stored === undefined) throw new RedoubtError('disk.not-found', `${from} does not exist.`, { file: from });
    this.files.delete(from);
    this.files.set(to, stored);
  }

  remove(path: string): void {
    this.files.delete(path);
  }

  syncDirectory(): void {
    // Names are durable at once here.
  }

  /** Power fails. All handles are dead afterwards. */
  crash(random: SeededRandom): void {
    this.era++;
    for (const stored of this.files.values()) {
      const lengths = [stored.durable.length];
      const versions = new Map<number, Uint8Array[]>();
      for (const change of stored.changes) {
        if ('lengthBytes' in change) lengths.push(change.lengthBytes);
        else versions.set(change.sector, [...(versions.get(change.sector) ?? []), change.bytes]);
      }
      const survived = resized(stored.durable, random.pick(lengths));
      for (const [sector, written] of versions) {
        const kept = random.below(written.length + 1);
        const bytes = written[kept - 1];
        if (bytes === undefined || sector * SECTOR_BYTES >= survived.length) continue;
        survived.set(bytes.subarray(0, survived.length - sector * SECTOR_BYTES), sector * SECTOR_BYTES);
      }
      stored.durable = survived;
      stored.current = survived.slice();
      stored.changes = [];
    }
  }

  private note(event: FileEvent): void {
    this.events.push(event);
    this.fault(event);
  }

  private handle(path: string, stored: StoredFile, isWritable: boolean): DiskFile {
    const { era } = this;
    const alive = (): void => {
      if (this.era !== era) throw new Error(`${path} was used after a crash`);
    };
    const setLength = (lengthBytes: number): void => {
      stored.current = resized(stored.current, lengthBytes);
      stored.changes.push({ lengthBytes });
    };
    const makeDurable = (changes: readonly Change[]): void => {
      for (const change of changes) {
        if ('lengthBytes' in change) stored.durable = resized(stored.durable, change.lengthBytes);
        else
          stored.durable.set(
            change.bytes.subarray(0, stored.durable.length - change.sector * SECTOR_BYTES),
            change.sector * SECTOR_BYTES,
          );
      }
      stored.changes = stored.changes.filter((change) => !changes.includes(change));
    };
    return {
      path,
      isWritable,
      identity: path,
      isProtected: false,
      lengthBytes: () => stored.current.length,
      changedAtMs: () => 0,
      read: (offsetBytes, target) => {
        alive();
        const part = stored.current.subarray(offsetBytes, offsetBytes + target.length);
        target.set(part);
        return part.length;
      },
      readLater: async (offsetBytes, target) => {
        await new Promise((resolve) => setImmediate(resolve));
        alive();
        const part = stored.current.subarray(offsetBytes, offsetBytes + target.length);
        target.set(part);
        return part.length;
      },
      write: (offsetBytes, chunks) => {
        alive();
        const bytes = Buffer.concat(chunks);
        this.note({ file: path, does: 'write', offsetBytes, lengthBytes: bytes.length });
        const end = offsetBytes + bytes.length;
        if (end > stored.current.length) setLength(end);
        stored.current.set(bytes, offsetBytes);
        for (let sector = Math.floor(offsetBytes / SECTOR_BYTES); sector * SECTOR_BYTES < end; sector++) {
          stored.changes.push({
            sector,
            bytes: stored.current.slice(sector * SECTOR_BYTES, (sector + 1) * SECTOR_BYTES),
          });
        }
      },
      setLength: (lengthBytes) => {
        alive();
        this.note({ file: path, does: 'set-length', lengthBytes });
        setLength(lengthBytes);
      },
      sync: async () => {
        alive();
        this.note({ file: path, does: 'sync-begins' });
        const covered = [...stored.changes];
        await new Promise((resolve) => setImmediate(resolve));
        if (this.era !== era) return await new Promise(() => undefined);
        makeDurable(covered);
        this.note({ file: path, does: 'sync-ends' });
      },
      syncNow: () => {
        alive();
        this.note({ file: path, does: 'sync-begins' });
        makeDurable([...stored.changes]);
        this.note({ file: path, does: 'sync-ends' });
      },
      close: () => undefined,
    };
  }
}

function resized(bytes: Uint8Array, lengthBytes: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(lengthBytes);
  copy.set(bytes.subarray(0, lengthBytes));
  return copy;
}
