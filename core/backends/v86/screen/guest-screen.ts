import type { DisplaySource, Frame, Rectangle } from '../../../display/display-source.ts';
import { wholeOf } from '../../../display/display-source.ts';
import type { Emulator, ScreenAdapter } from '../v86-surface.ts';
import { GraphicsScreen } from './graphics-screen.ts';
import { FLAG_BLINKING, FLAG_FONT_PAGE_B, TextScreen } from './text-screen.ts';

/**
 * About 60 a second: how often the guest sees the beam return in graphics modes, which many programs wait
 * for. In text modes the video card makes that up by itself.
 */
const RETRACE_MS = 16;

/** v86's screen as a source for the RFB server: whichever of text and graphics the guest shows. */
export class GuestScreen implements DisplaySource {
  private readonly text = new TextScreen();
  private readonly graphics = new GraphicsScreen();
  private isGraphical = false;
  private isRunning = false;
  private shown: Frame = this.text.frame;
  private timer: NodeJS.Timeout | undefined;
  private readonly emulator: Emulator;

  /** Takes the place of the emulator's own screen; to be made before the guest runs. */
  constructor(emulator: Emulator) {
    this.emulator = emulator;
    Object.assign(emulator.screen_adapter, this.adapter());
  }

  get frame(): Frame {
    return this.shown;
  }

  refresh(): readonly Rectangle[] {
    const changes = this.isGraphical ? this.refreshGraphics() : this.text.draw();
    const frame = this.isGraphical ? this.graphics.frame : this.text.frame;
    if (frame === this.shown) return changes;
    this.shown = frame;
    return [wholeOf(frame)];
  }

  /** The beam moves only while the guest runs. */
  start(): void {
    this.isRunning = true;
    this.moveBeam();
  }

  stop(): void {
    this.isRunning = false;
    this.moveBeam();
  }

  private moveBeam(): void {
    if (!this.isRunning || !this.isGraphical) {
      clearInterval(this.timer);
      this.timer = undefined;
      return;
    }
    this.timer ??= setInterval(() => {
      this.emulator.v86.cpu.devices.vga.update_vertical_retrace();
    }, RETRACE_MS);
  }

  private refreshGraphics(): readonly Rectangle[] {
    const { vga } = this.emulator.v86.cpu.devices;
    // Plain VGA modes redraw everything whenever they are asked, so only if something was written.
    if (vga.svga_enabled || vga.diff_addr_min <= vga.diff_addr_max) vga.screen_fill_buffer();
    return this.graphics.takeChanges();
  }

  private adapter(): ScreenAdapter {
    const { text, graphics } = this;
    return {
      FLAG_BLINKING,
      FLAG_FONT_PAGE_B,
      set_mode: (isGraphical) => {
        this.isGraphical = isGraphical;
        this.moveBeam();
        text.redrawAll();
      },
      set_size_text: (columns, rows) => {
        text.setSize(columns, rows);
      },
      set_size_graphical: (width, height) => {
        graphics.setSize(width, height);
      },
      put_char: (row, column, character, flags, background, foreground) => {
        text.put(row, column, character, flags, background, foreground);
      },
      set_font_bitmap: (height, is9Wide, isDoubled, copiesEighth, bitmap, hasChanged) => {
        text.setFont(height, isDoubled ? 16 : is9Wide ? 9 : 8, copiesEighth, bitmap, hasChanged);
      },
      set_font_page: (pageA, pageB) => {
        text.setFontPages(pageA, pageB);
      },
      update_cursor: (row, column) => {
        text.moveCursor(row, column);
      },
      update_cursor_scanline: (first, last, isVisible) => {
        text.shapeCursor(first, last, isVisible);
      },
      update_buffer: (layers) => {
        graphics.draw(layers);
      },
      clear_screen: () => {
        graphics.clear();
      },
    };
  }
}
