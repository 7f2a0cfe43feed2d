import { closeSync, constants, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { asFileError } from '../base/file-error.ts';
import { RedoubtError } from '../base/redoubt-error.ts';
import { SECTOR_BYTES } from '../base/units.ts';
import type { AllocationRun, BlockDevice } from '../disk/block-device.ts';

/**
 * A file that holds a disk's bytes as they are, at one end of a copy: to be read, whatever its length is, or
 * new and to be written, with holes where nothing is written.
 */
export class RawFileDevice implements BlockDevice {
  readonly sizeBytes: number;
  readonly isWritable: boolean;
  private readonly file: string;
  private readonly descriptor: number;
  private isClosed = false;

  private constructor(file: string, descriptor: number, sizeBytes: number, isWritable: boolean) {
    this.file = file;
    this.descriptor = descriptor;
    this.sizeBytes = sizeBytes;
    this.isWritable = isWritable;
  }

  /** A size that is no whole number of sectors is rounded up: what is missing reads as zeros. Throws disk.not-a-disk, and what opening throws. */
  static open(file: string): RawFileDevice {
    const descriptor = attempt(file, 'open', () => openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)));
    const stat = fstatSync(descriptor);
    if (stat.isFile() && stat.size > 0)
      return new RawFileDevice(file, descriptor, Math.ceil(stat.size / SECTOR_BYTES) * SECTOR_BYTES, false);
    closeSync(descriptor);
    const reason = stat.isFile() ? 'empty' : 'not a regular file';
    throw new RedoubtError('disk.not-a-disk', `${file} is no disk: it is ${reason}.`, { file, reason });
  }

  /** All zeros, and no room taken for them. Throws disk.exists, disk.permission, disk.no-space. */
  static create(file: string, sizeBytes: number): RawFileDevice {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL;
    const descriptor = attempt(file, 'create', () => openSync(file, flags, 0o644));
    try {
      ftruncateSync(descriptor, sizeBytes);
    } catch (error) {
      closeSync(descriptor);
      throw asFileError(error, file, 'truncate');
    }
    return new RawFileDevice(file, descriptor, sizeBytes, true);
  }

  read(offsetBytes: number, target: Uint8Array): undefined {
    attempt(this.file, 'read', () => {
      for (let done = 0; done < target.length;) {
        const got = readSync(this.descriptor, target, done, target.length - done, offsetBytes + done);
        if (got === 0) {
          target.fill(0, done);
          return;
        }
        done += got;
      }
    });
    return undefined;
  }

  write(offsetBytes: number, chunks: readonly Uint8Array[]): undefined {
    attempt(this.file, 'write', () => {
      let at = offsetBytes;
      for (const chunk of chunks) {
        for (let done = 0; done < chunk.length;)
          done += writeSync(this.descriptor, chunk, done, chunk.length - done, at + done);
        at += chunk.length;
      }
    });
    return undefined;
  }

  writeZeroes(offsetBytes: number, lengthBytes: number): undefined {
    return this.write(offsetBytes, [new Uint8Array(lengthBytes)]);
  }

  discard(): undefined {
    return undefined;
  }

  mapStatus(_offsetBytes: number, lengthBytes: number): readonly AllocationRun[] {
    return [{ lengthBytes, isAllocated: true }];
  }

  flush(): Promise<void> {
    attempt(this.file, 'sync', () => {
      if (this.isWritable) fsyncSync(this.descriptor);
    });
    return Promise.resolve();
  }

  close(): Promise<void> {
    if (!this.isClosed) closeSync(this.descriptor);
    this.isClosed = true;
    return Promise.resolve();
  }
}

function attempt<T>(file: string, operation: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw asFileError(error, file, operation);
  }
}
