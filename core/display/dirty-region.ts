import type { Rectangle } from './display-source.ts';

/** Rows of pixels that are looked at together: the height of a row of text in most text modes. */
const BAND_ROWS = 16;

interface Band {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/**
 * What a client has not seen yet. The screen is cut into bands of rows; each remembers the smallest
 * rectangle within it that covers its changes. Changes in two corners cost two small rectangles, not the
 * whole screen, and the bookkeeping stays tiny.
 */
export class DirtyRegion {
  private readonly bands = new Map<number, Band>();

  get isEmpty(): boolean {
    return this.bands.size === 0;
  }

  add(rectangle: Rectangle): void {
    const bottom = rectangle.y + rectangle.height;
    const right = rectangle.x + rectangle.width;
    if (right <= rectangle.x) return;
    for (let top = rectangle.y; top < bottom;) {
      const index = Math.floor(top / BAND_ROWS);
      const end = Math.min(bottom, (index + 1) * BAND_ROWS);
      const band = this.bands.get(index);
      if (band === undefined) {
        this.bands.set(index, { left: rectangle.x, right, top, bottom: end });
      } else {
        band.left = Math.min(band.left, rectangle.x);
        band.right = Math.max(band.right, right);
        band.top = Math.min(band.top, top);
        band.bottom = Math.max(band.bottom, end);
      }
      top = end;
    }
  }

  clear(): void {
    this.bands.clear();
  }

  /** Empties the region. Returns its rectangles, top to bottom, within `width` and `height`. */
  take(width: number, height: number): Rectangle[] {
    const rectangles: Rectangle[] = [];
    let open: Band | undefined;
    const close = () => {
      if (open !== undefined) {
        rectangles.push({ x: open.left, y: open.top, width: open.right - open.left, height: open.bottom - open.top });
      }
      open = undefined;
    };
    for (const [, band] of [...this.bands].sort(([a], [b]) => a - b)) {
      const clipped = { ...band, right: Math.min(band.right, width), bottom: Math.min(band.bottom, height) };
      if (clipped.left >= clipped.right || clipped.top >= clipped.bottom) continue;
      if (open?.bottom === clipped.top && open.left === clipped.left && open.right === clipped.right) {
        open.bottom = clipped.bottom;
        continue;
      }
      close();
      open = clipped;
    }
    close();
    this.bands.clear();
    return rectangles;
  }
}
