import { blankFrame, type Frame, type Rectangle } from '../../../display/display-source.ts';
import type { ScreenLayer } from '../v86-surface.ts';

/** More than any mode of the emulated card. */
const MAXIMUM_SIDE = 4096;

/** Graphics modes as pixels: copies the layers that the video card gives, and finds out which rows differ. */
export class GraphicsScreen {
  frame: Frame = blankFrame(640, 480);
  private changes: Rectangle[] = [];

  setSize(width: number, height: number): void {
    if (width < 1 || height < 1 || width > MAXIMUM_SIDE || height > MAXIMUM_SIDE) return;
    if (width !== this.frame.width || height !== this.frame.height) this.frame = blankFrame(width, height);
    this.changes = [{ x: 0, y: 0, width, height }];
  }

  clear(): void {
    this.frame.pixels.fill(0);
    this.changes = [{ x: 0, y: 0, width: this.frame.width, height: this.frame.height }];
  }

  draw(layers: readonly ScreenLayer[]): void {
    for (const layer of layers) this.drawLayer(layer);
  }

  takeChanges(): readonly Rectangle[] {
    const changes = this.changes;
    this.changes = [];
    return changes;
  }

  /** Clips to the picture and to the layer's own image. */
  private drawLayer(layer: ScreenLayer): void {
    const { image_data: image, screen_x, screen_y, buffer_x, buffer_y } = layer;
    const { frame } = this;
    const skipX = Math.max(0, -screen_x, -buffer_x);
    const skipY = Math.max(0, -screen_y, -buffer_y);
    const width = Math.min(layer.buffer_width, image.width - buffer_x, frame.width - screen_x) - skipX;
    const height = Math.min(layer.buffer_height, image.height - buffer_y, frame.height - screen_y) - skipY;
    if (width <= 0 || height <= 0) return;
    const source = Buffer.from(image.data.buffer, image.data.byteOffset, image.data.byteLength);
    const target = Buffer.from(frame.pixels.buffer, frame.pixels.byteOffset, frame.pixels.byteLength);
    for (let row = 0; row < height; row++) {
      const from = ((buffer_y + skipY + row) * image.width + buffer_x + skipX) * 4;
      const y = screen_y + skipY + row;
      const to = (y * frame.width + screen_x + skipX) * 4;
      if (source.compare(target, to, to + width * 4, from, from + width * 4) === 0) continue;
      source.copy(target, to, from, from + width * 4);
      this.addRow(screen_x + skipX, y, width);
    }
  }

  /** Rows that follow each other become one rectangle. */
  private addRow(x: number, y: number, width: number): void {
    const last = this.changes.at(-1);
    if (last?.x === x && last.width === width && last.y + last.height === y) {
      this.changes[this.changes.length - 1] = { ...last, height: last.height + 1 };
    } else {
      this.changes.push({ x, y, width, height: 1 });
    }
  }
}
