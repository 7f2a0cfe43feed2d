import type { DiskFile, FileLayer } from '../../core/disk/files/disk-file.ts';

/** Holds reads back until somebody lets them go. */
export interface HeldRead {
  readonly path: string;
  readonly offsetBytes: number;
  readonly go: () => void;
}

/**
 * Files whose content is in no cache: while `isCold`, a read at once takes a while by a clock of their own, and a
 * later one waits until the test lets it go (or ends by itself after `laterMs`).
 */
export class ColdFiles implements FileLayer {
  isCold = false;
  nowMs = 0;
  /** Absent: later reads are held. */
  laterMs: (() => number) | undefined;
  readonly held: HeldRead[] = [];
  readsAtOnce = 0;
  /** The most later reads that were under way together. */
  mostTogether = 0;
  private underWay = 0;

  constructor(private readonly files: FileLayer) {}

  open(path: string, isWritable: boolean): DiskFile {
    return this.wrap(this.files.open(path, isWritable));
  }

  create(path: string): DiskFile {
    return this.wrap(this.files.create(path));
  }

  rename(from: string, to: string): void {
    this.files.rename(from, to);
  }

  remove(path: string): void {
    this.files.remove(path);
  }

  syncDirectory(path: string): void {
    this.files.syncDirectory(path);
  }

  /** Lets all go that are held now. */
  go(): void {
    for (const read of this.held.splice(0)) read.go();
  }

  private wrap(file: DiskFile): DiskFile {
    return {
      ...file,
      read: (offsetBytes, target) => {
        if (this.isCold) {
          this.readsAtOnce++;
          this.nowMs += 0.4;
        }
        return file.read(offsetBytes, target);
      },
      readLater: async (offsetBytes, target) => {
        this.underWay++;
        this.mostTogether = Math.max(this.mostTogether, this.underWay);
        await new Promise<void>((resolve) => {
          if (this.laterMs === undefined) this.held.push({ path: file.path, offsetBytes, go: resolve });
          else setTimeout(resolve, this.laterMs());
        });
        this.underWay--;
        return file.read(offsetBytes, target);
      },
    };
  }
}
