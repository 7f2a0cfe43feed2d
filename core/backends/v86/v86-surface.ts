/**
 * The parts of v86 that we use beyond its published types, as they are in the pinned version. v86 keeps
 * its property names in the released build. Whatever is hooked here is tried at every start
 * (`ide-self-test.ts`), so that a new version can't lose a guest's data silently.
 * Source: v86 0.5.462: src/main.js, cpu.js, ide.js, vga.js, browser/starter.js.
 */

/** What v86 asks of a disk or CD image. */
export interface V86Image {
  readonly byteLength: number;
  onload?: ((event: object) => void) | undefined;
  /** Called once, before the machine is made; `onload` answers. */
  load(): void;
  get(startBytes: number, lengthBytes: number, done: (bytes: Uint8Array) => void): void;
  set(startBytes: number, bytes: Uint8Array, done: () => void): void;
  /** The first sector, for the geometry in its partition table. */
  get_and_cache(startBytes: number, lengthBytes: number, done: (bytes: Uint8Array) => void): void;
  get_from_cache(startBytes: number, lengthBytes: number): Uint8Array | undefined;
}

/** One drive, or the place for one. Sealed by v86: no property can be added, only its prototype changed. */
export interface IdeInterface {
  readonly channel: IdeChannel;
  buffer: V86Image | null;
  drive_connected: boolean;
  is_atapi: boolean;
  sector_size: number;
  status_reg: number;
  error_reg: number;
  current_command: number;
  readonly features_reg: number;
  data: Uint8Array;
  data_length: number;
  write_dest: number;
  set_disk_buffer(image: V86Image): void;
  ata_command(command: number): void;
  ata_advance(command: number, sectors: number): void;
  ata_abort_command(): void;
  create_identify_packet(): void;
  device_reset(): void;
  /** The end of a write by ports (PIO). */
  do_write(): void;
  report_write(bytes: number): void;
  cancel_io_operations(): void;
  push_irq(): void;
}

export interface IdeChannel {
  readonly command_base: number;
  readonly control_base: number;
  readonly master: IdeInterface;
  readonly slave: IdeInterface;
  dma_status: number;
}

export interface VgaScreen {
  readonly graphical_mode: boolean;
  readonly svga_enabled: boolean;
  /** Which addresses changed since the last picture; first > last if none. */
  readonly diff_addr_min: number;
  readonly diff_addr_max: number;
  /** Draws what changed in graphics modes, and calls `update_buffer`. */
  screen_fill_buffer(): void;
  /** Lets the guest see the beam return. */
  update_vertical_retrace(): void;
}

export interface Cpu {
  readonly devices: {
    readonly ide: { readonly primary?: IdeChannel; readonly secondary?: IdeChannel };
    readonly vga: VgaScreen;
  };
  readonly io: {
    port_read8(port: number): number;
    port_read16(port: number): number;
    port_write8(port: number, value: number): void;
    port_write16(port: number, value: number): void;
  };
  /** Every reset ends here: ours and the guest's. */
  reboot_internal(): void;
}

/** A piece of the picture: a rectangle of `image_data` and where it goes. */
export interface ScreenLayer {
  readonly image_data: { readonly data: Uint8ClampedArray; readonly width: number; readonly height: number };
  readonly screen_x: number;
  readonly screen_y: number;
  readonly buffer_x: number;
  readonly buffer_y: number;
  readonly buffer_width: number;
  readonly buffer_height: number;
}

/** What the video card calls. Colours are 0xRRGGBB. */
export interface ScreenAdapter {
  readonly FLAG_BLINKING: number;
  readonly FLAG_FONT_PAGE_B: number;
  set_mode(isGraphical: boolean): void;
  set_size_text(columns: number, rows: number): void;
  set_size_graphical(width: number, height: number): void;
  put_char(row: number, column: number, character: number, flags: number, background: number, foreground: number): void;
  set_font_bitmap(
    height: number,
    is9Wide: boolean,
    isDoubled: boolean,
    copiesEighth: boolean,
    bitmap: Uint8Array,
    hasChanged: boolean,
  ): void;
  set_font_page(pageA: number, pageB: number): void;
  update_cursor(row: number, column: number): void;
  update_cursor_scanline(first: number, last: number, isVisible: boolean): void;
  update_buffer(layers: readonly ScreenLayer[]): void;
  clear_screen(): void;
}

export interface Emulator {
  readonly v86: { readonly cpu: Cpu };
  readonly bus: { send(event: string, value: unknown): void };
  readonly screen_adapter: Partial<ScreenAdapter>;
  add_listener(event: string, listener: (value: unknown) => void): void;
  run(): Promise<void>;
  /** Resolves when the processor stands still. */
  stop(): Promise<void>;
  /** Resets the machine. */
  restart(): void;
}
