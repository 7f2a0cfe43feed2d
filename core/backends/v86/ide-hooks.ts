import type { IdeInterface, V86Image } from './v86-surface.ts';

/**
 * Makes v86's hard disks honest. v86 answers a guest's cache flush at once and passes nothing on, and
 * answers a write by ports before the disk has it. Here
 *
 * - FLUSH CACHE (E7h) and FLUSH CACHE EXT (EAh) leave the drive busy until the disk's `flushCache` is done;
 * - a write by ports leaves it busy until the disk has the bytes, as a write by DMA already does;
 * - the drive says that it has a write cache, which can't be switched off: a guest that believes there is
 *   none, as v86 has it, sends no flush at all;
 * - a request that fails ends in the ATA error that a real drive would give.
 *
 * v86 seals its drives, so the methods are replaced on their prototype: for every drive of this thread,
 * which runs one machine. A drive whose image has no `flushCache` (a CD) is left alone.
 */

/** An image that can make its writes durable. */
export interface FlushableImage extends V86Image {
  flushCache(done: () => void): void;
}

const FLUSH_CACHE = 0xe7;
const FLUSH_CACHE_EXT = 0xea;
const SET_FEATURES = 0xef;
const DISABLE_WRITE_CACHE = 0x82;
/** Words of IDENTIFY DEVICE, supported and enabled: in both, bit 5 is the write cache. */
const FEATURE_WORDS = [82, 85];
const WRITE_CACHE = 1 << 5;
const BUSY = 0x80;
/** Ready, seek complete. */
const READY = 0x50;
const DMA_ACTIVE = 1;
const DMA_ERROR = 2;

/** What a drive is busy with. Another command or a reset makes an answer that comes late meaningless. */
const tasks = new WeakMap<IdeInterface, symbol>();

function isFlushable(image: V86Image | null): image is FlushableImage {
  return image !== null && 'flushCache' in image;
}

/** `drive` is any drive: all share the prototype. Throws if v86 is not as we know it. */
export function installIdeHooks(drive: IdeInterface): void {
  const prototype = Object.getPrototypeOf(drive) as IdeInterface;
  const original = { ...prototype };
  for (const name of ['ata_command', 'create_identify_packet', 'device_reset', 'do_write'] as const) {
    if (typeof original[name] !== 'function') throw new Error(`v86's drive has no ${name}`);
  }

  prototype.ata_command = function (this: IdeInterface, command: number) {
    tasks.delete(this);
    const image = this.buffer;
    if (!this.drive_connected || !isFlushable(image)) {
      original.ata_command.call(this, command);
    } else if (command === FLUSH_CACHE || command === FLUSH_CACHE_EXT) {
      this.current_command = command;
      this.error_reg = 0;
      image.flushCache(beginTask(this));
    } else if (command === SET_FEATURES && (this.features_reg & 0xff) === DISABLE_WRITE_CACHE) {
      this.ata_abort_command();
    } else {
      original.ata_command.call(this, command);
    }
  };

  prototype.create_identify_packet = function (this: IdeInterface) {
    original.create_identify_packet.call(this);
    if (!isFlushable(this.buffer)) return;
    for (const word of FEATURE_WORDS) this.data[word * 2] = (this.data[word * 2] ?? 0) | WRITE_CACHE;
  };

  prototype.device_reset = function (this: IdeInterface) {
    tasks.delete(this);
    original.device_reset.call(this);
  };

  prototype.do_write = function (this: IdeInterface) {
    const image = this.buffer;
    if (!isFlushable(image)) {
      original.do_write.call(this);
      return;
    }
    const bytes = this.data.subarray(0, this.data_length);
    this.ata_advance(this.current_command, this.data_length / 512);
    image.set(this.write_dest, bytes, beginTask(this));
    this.report_write(bytes.length);
  };
}

/** Makes the drive busy. The function returned makes it ready again, unless it has moved on since. */
function beginTask(drive: IdeInterface): () => void {
  const task = Symbol('task');
  tasks.set(drive, task);
  drive.status_reg = BUSY;
  return () => {
    if (tasks.get(drive) !== task) return;
    tasks.delete(drive);
    drive.status_reg = READY;
    drive.push_irq();
  };
}

/** Ends whatever the drive is doing with an error that its guest sees. */
export function failDrive(drive: IdeInterface): void {
  tasks.delete(drive);
  drive.cancel_io_operations();
  drive.channel.dma_status = (drive.channel.dma_status & ~DMA_ACTIVE) | DMA_ERROR;
  drive.current_command = -1;
  drive.ata_abort_command();
}
