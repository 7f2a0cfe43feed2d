import { NotLocalError, whenLocal } from '../files/not-local.ts';
import { planRead, type Lookup, type Piece } from './plan.ts';
import type { ReadPace } from './read-pace.ts';
import { readPiece, readPieces, readPiecesLater } from './read-pieces.ts';

/**
 * Carries out reads of a chain: at once as long as that is quick, else in the thread pool; what lies elsewhere is
 * fetched, and then planned and read again. Whoever calls sees to it that nothing is written meanwhile to what is
 * being read.
 */
export class ChainReader {
  constructor(
    private readonly lookup: Lookup,
    private readonly pace: ReadPace,
  ) {}

  /** Fills `target` from an offset of the disk. Throws, or rejects with, disk.io, disk.corrupt, or why a fetch failed. */
  read(offsetBytes: number, target: Uint8Array): undefined | Promise<void> {
    try {
      const choice = this.pace.choose();
      if (choice !== 'later') {
        this.readAtOnce(offsetBytes, target, choice === 'at-once-timed');
        return undefined;
      }
      const pieces = planRead(this.lookup, offsetBytes, target.length);
      if (!pieces.every(isZeros)) return this.readLater(offsetBytes, target, pieces);
      target.fill(0);
      return undefined;
    } catch (error) {
      if (!(error instanceof NotLocalError)) throw error;
      return this.readLater(offsetBytes, target);
    }
  }

  /** The same at once, whatever it takes. Throws NotLocalError where something has to be fetched first. */
  readNow(offsetBytes: number, target: Uint8Array): void {
    if (!this.pace.isHot) this.pace.takeTurn();
    this.readAtOnce(offsetBytes, target, this.pace.isHot && this.pace.choose() === 'at-once-timed');
  }

  /**
   * What lies in one row, as small reads do, is read without making a plan of it. Timed is what files are asked for:
   * neither lookups, of which the first in a window takes long, nor zeros.
   */
  private readAtOnce(offsetBytes: number, target: Uint8Array, isTimed: boolean): void {
    // Nothing can be asked for where the disk ends, and no window is there.
    if (target.length === 0) return;
    const window = this.lookup.windowAt(offsetBytes);
    if (window.locate(offsetBytes) < offsetBytes + target.length) {
      const pieces = planRead(this.lookup, offsetBytes, target.length);
      if (isTimed && !pieces.every(isZeros)) this.pace.time(target.length, () => readPieces(pieces, target));
      else readPieces(pieces, target);
      return;
    }
    const { extent, addressBytes } = window;
    if (isTimed && extent !== undefined) this.pace.time(target.length, () => readPiece(extent, addressBytes, target));
    else readPiece(extent, addressBytes, target);
  }

  /** Reads a range in the thread pool and forgets it: reading it again is quick for a while. */
  async warm(offsetBytes: number, lengthBytes: number): Promise<void> {
    await this.readLater(offsetBytes, new Uint8Array(lengthBytes));
  }

  private async readLater(offsetBytes: number, target: Uint8Array, planned?: readonly Piece[]): Promise<void> {
    this.pace.underWay += 1;
    let plan = planned;
    try {
      await whenLocal(() => {
        const pieces = plan ?? planRead(this.lookup, offsetBytes, target.length);
        plan = undefined;
        return readPiecesLater(pieces, target);
      });
    } finally {
      this.pace.underWay -= 1;
    }
  }
}

function isZeros(piece: Piece): boolean {
  return piece.extent === undefined;
}
