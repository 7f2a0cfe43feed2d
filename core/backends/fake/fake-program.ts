import type { BlockPortClient } from '../../base/block-port.ts';

/**
 * What the fake backend's guest does: the same as the demo guest Scratchpad, with the same places on the disk
 * (assets/scratchpad/README.md), so that a test can run the one or the other. It counts its boots, saves each
 * line as a note and flushes, and knows `flush`, `zero N`, `reboot` and `poweroff`.
 *
 * It makes one disk request at a time. Every request goes through `io`, which may hold it back or try it again.
 */
export class FakeProgram {
  private newestNote = 0;

  constructor(
    private readonly disk: BlockPortClient | undefined,
    private readonly io: <T>(request: () => Promise<T>) => Promise<T>,
    private readonly say: (line: string) => void,
  ) {}

  /** Reads the disk and adds one to its boot counter. Without a disk that a PC would boot it says so, and no more. */
  async boot(): Promise<void> {
    const disk = this.disk;
    if (disk === undefined || !(await this.isBootable(disk))) {
      this.say('No bootable disk.');
      return;
    }
    this.say('Scratchpad');
    const state = await this.readSector(disk, stateLba);
    if (state.toString('latin1', 0, stateMagic.length) !== stateMagic) state.fill(0).write(stateMagic, 'latin1');
    const count = state.readUInt32LE(countOffset) + 1;
    state.writeUInt32LE(count, countOffset);
    await this.writeSector(disk, stateLba, state);
    await this.io(() => disk.flush());
    this.newestNote = await this.findNewestNote(disk);
    this.say(`Boot ${String(count)}. Type a note and press Enter.`);
  }

  /** Carries out a typed line. Returns what the machine is to do next. */
  async line(text: string): Promise<'go-on' | 'reboot' | 'power-off'> {
    const disk = this.disk;
    if (text === 'reboot') return 'reboot';
    if (text === 'poweroff') return 'power-off';
    if (disk === undefined || text === '') return 'go-on';
    const zeroed = /^zero (\d+)$/.exec(text)?.[1];
    if (text === 'flush') await this.io(() => disk.flush());
    else if (zeroed !== undefined) await this.writeSector(disk, noteLba(Number(zeroed)), Buffer.alloc(sectorBytes));
    else await this.saveNote(disk, text.slice(0, maximumNoteLength));
    return 'go-on';
  }

  private async saveNote(disk: BlockPortClient, text: string): Promise<void> {
    const number = this.newestNote + 1;
    const sector = Buffer.alloc(sectorBytes);
    sector.write(noteMagic, 'latin1');
    sector.writeUInt32LE(number, 4);
    sector.writeUInt16LE(text.length, 8);
    sector.write(text, 10, 'latin1');
    await this.writeSector(disk, noteLba(number), sector);
    await this.io(() => disk.flush());
    this.newestNote = number;
    this.say(`Saved note ${String(number)}`);
  }

  private async findNewestNote(disk: BlockPortClient): Promise<number> {
    let newest = 0;
    for (let slot = 1; slot <= noteSlots; slot++) {
      const sector = await this.readSector(disk, noteLba(slot));
      if (sector.toString('latin1', 0, 4) === noteMagic) newest = Math.max(newest, sector.readUInt32LE(4));
    }
    return newest;
  }

  private async isBootable(disk: BlockPortClient): Promise<boolean> {
    if (disk.sizeBytes < leastDiskBytes) return false;
    return (await this.readSector(disk, 0)).readUInt16BE(510) === 0x55aa;
  }

  private async readSector(disk: BlockPortClient, lba: number): Promise<Buffer> {
    return Buffer.from(await this.io(() => disk.read(lba * sectorBytes, sectorBytes)));
  }

  private async writeSector(disk: BlockPortClient, lba: number, sector: Buffer): Promise<void> {
    // The port moves what it is given, and a request may be made again.
    await this.io(() => disk.write(lba * sectorBytes, Uint8Array.from(sector)));
  }
}

const sectorBytes = 512;
const leastDiskBytes = 64 * 1024;
const stateLba = 16;
const stateMagic = 'SCRATCHPAD';
const countOffset = 12;
const notesLba = 32;
const noteSlots = 16;
const noteMagic = 'NOTE';
const maximumNoteLength = 64;

function noteLba(number: number): number {
  return notesLba + ((number - 1) % noteSlots);
}
