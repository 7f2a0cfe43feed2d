import { blankFrame, wholeOf, type DisplaySource, type Rectangle } from '../../display/display-source.ts';

const width = 320;
const height = 200;
const barHeight = 16;

/** Red, green, blue. */
export type Colour = readonly [number, number, number];

export const running: Colour = [0, 64, 160];
export const paused: Colour = [96, 96, 96];

/** A picture that stands still: a bar across a dark field, in a colour that tells the machine's state. */
export class FakeScreen implements DisplaySource {
  readonly frame = blankFrame(width, height);
  private hasChanged = true;

  constructor() {
    this.show(running);
  }

  show([red, green, blue]: Colour): void {
    for (let pixel = 0; pixel < width * barHeight; pixel++) this.frame.pixels.set([red, green, blue], pixel * 4);
    this.hasChanged = true;
  }

  refresh(): readonly Rectangle[] {
    if (!this.hasChanged) return [];
    this.hasChanged = false;
    return [wholeOf(this.frame)];
  }
}
