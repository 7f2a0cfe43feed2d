import type { InputSink, PointerState } from '../../display/display-source.ts';
import type { Emulator } from './v86-surface.ts';

/**
 * Keys and pointer for v86. A PS/2 mouse knows only movements, so places become differences; a guest with
 * a driver for absolute pointers gets the place as well.
 */
export class GuestInput implements InputSink {
  private last: PointerState | undefined;
  private readonly emulator: Pick<Emulator, 'bus'>;
  private readonly screenSize: () => { readonly width: number; readonly height: number };

  constructor(emulator: Pick<Emulator, 'bus'>, screenSize: () => { width: number; height: number }) {
    this.emulator = emulator;
    this.screenSize = screenSize;
  }

  sendScancodes(bytes: readonly number[]): void {
    for (const code of bytes) this.emulator.bus.send('keyboard-code', code);
  }

  movePointer(state: PointerState): void {
    const { last } = this;
    this.last = state;
    if (last !== undefined && (last.x !== state.x || last.y !== state.y)) {
      this.emulator.bus.send('mouse-delta', [state.x - last.x, last.y - state.y]);
    }
    const { width, height } = this.screenSize();
    this.emulator.bus.send('mouse-absolute', [state.x, state.y, width, height]);
    const hasClicked =
      (last?.isLeftDown ?? false) !== state.isLeftDown ||
      (last?.isMiddleDown ?? false) !== state.isMiddleDown ||
      (last?.isRightDown ?? false) !== state.isRightDown;
    if (hasClicked) {
      this.emulator.bus.send('mouse-click', [state.isLeftDown, state.isMiddleDown, state.isRightDown]);
    }
    if (state.wheel !== 0) this.emulator.bus.send('mouse-wheel', [-state.wheel, 0]);
  }
}
