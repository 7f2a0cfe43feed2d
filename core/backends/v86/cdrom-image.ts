import { open, type FileHandle } from 'node:fs/promises';
import { asFileError } from '../../base/file-error.ts';
import type { V86Image } from './v86-surface.ts';

const SECTOR_BYTES = 2048;

/** An ISO file in v86's CD drive. Bytes that can't be read are zeros: the drive has no way to say more. */
export class CdromImage implements V86Image {
  readonly byteLength: number;
  onload?: ((event: object) => void) | undefined;
  private readonly handle: FileHandle;

  private constructor(handle: FileHandle, byteLength: number) {
    this.handle = handle;
    this.byteLength = byteLength;
  }

  /** Throws disk.not-found, disk.permission or disk.io. */
  static async open(path: string): Promise<CdromImage> {
    try {
      const handle = await open(path, 'r');
      const { size } = await handle.stat();
      return new CdromImage(handle, Math.ceil(size / SECTOR_BYTES) * SECTOR_BYTES);
    } catch (error) {
      throw asFileError(error, path, 'open');
    }
  }

  load(): void {
    this.onload?.({});
  }

  get(startBytes: number, lengthBytes: number, done: (bytes: Uint8Array) => void): void {
    const bytes = new Uint8Array(lengthBytes);
    this.handle.read(bytes, 0, lengthBytes, startBytes).then(
      () => {
        done(bytes);
      },
      () => {
        done(bytes.fill(0));
      },
    );
  }

  /** A CD is never written. */
  set(_startBytes: number, _bytes: Uint8Array, done: () => void): void {
    done();
  }

  get_and_cache(startBytes: number, lengthBytes: number, done: (bytes: Uint8Array) => void): void {
    this.get(startBytes, lengthBytes, done);
  }

  get_from_cache(): Uint8Array | undefined {
    return undefined;
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}
