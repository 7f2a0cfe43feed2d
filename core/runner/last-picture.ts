import { lstatSync, readFileSync } from 'node:fs';
import { replaceFile } from '../base/atomic-file.ts';
import { MIB } from '../base/units.ts';
import type { RunningGuest } from '../backends/backend.ts';
import type { Logger } from '../base/logger.ts';

const patienceMs = 700;
const longestBytes = 64 * MIB;
const pngMark = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

/** Where the last picture of a machine's screen is kept: beside its configuration, a PNG file. */
export function lastPictureFile(configPath: string): string {
  return `${configPath.replace(/\.(vmx|cfg)$/i, '')}.screen.png`;
}

/**
 * The picture that was saved and when, in milliseconds since 1970; `undefined` where there is none. A link, a pipe or
 * anything else of that name is no picture.
 */
export function readLastPicture(configPath: string): { png: Blob; takenAt: number } | undefined {
  const file = lastPictureFile(configPath);
  try {
    const status = lstatSync(file, { throwIfNoEntry: false });
    if (status?.isFile() !== true || status.size > longestBytes) return undefined;
    const picture = readFileSync(file);
    if (!picture.subarray(0, pngMark.length).equals(pngMark)) return undefined;
    return { png: new Blob([picture], { type: 'image/png' }), takenAt: status.mtimeMs };
  } catch {
    return undefined;
  }
}

/** The last that was seen of a guest's screen, to be shown while the machine is off. */
export class LastPicture {
  private readonly configPath: string;
  private readonly log: Logger;
  private picture: Uint8Array | undefined;

  constructor(configPath: string, log: Logger) {
    this.configPath = configPath;
    this.log = log;
  }

  remember(picture: Uint8Array): void {
    this.picture = picture;
  }

  /** A picture before the guest goes, if it comes in time. Never rejects. */
  async take(guest: RunningGuest | undefined): Promise<void> {
    const limit = new Promise<undefined>((resolve) => setTimeout(resolve, patienceMs, undefined).unref());
    const picture = await Promise.race([guest?.screenshot(), limit]).catch(() => undefined);
    if (picture !== undefined) this.picture = picture;
  }

  /** Writes it down. A picture that can't be written is no loss. */
  save(): void {
    if (this.picture === undefined) return;
    try {
      // Replaced, never written into: what has that name may be a link to some other file.
      replaceFile(lastPictureFile(this.configPath), this.picture);
    } catch (error) {
      this.log.error('saving the last picture', error);
    }
  }
}
