import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The demo guest as tests see it. The numbers repeat assets/scratchpad/layout.asm. */
export const scratchpad = {
  directory: join(import.meta.dirname, '../../assets/scratchpad'),
  sectorBytes: 512,
  programSectors: 16,
  imageBytes: 64 * 1024,
  stateLba: 16,
  notesLba: 32,
  noteSlots: 16,
  maximumNoteLength: 64,
} as const;

/** The image as it stands in the repository: put it at the start of a disk. */
export function readScratchpadImage(): Uint8Array {
  return readFileSync(join(scratchpad.directory, 'scratchpad.img'));
}

/** Byte offset on the disk of the sector that holds note `number` (from 1). */
export function noteOffsetBytes(number: number): number {
  return (scratchpad.notesLba + ((number - 1) % scratchpad.noteSlots)) * scratchpad.sectorBytes;
}

/** Byte offset on the disk of the sector with the boot counter. */
export const stateOffsetBytes = scratchpad.stateLba * scratchpad.sectorBytes;

/** What the boot counter says in `disk`, the start of a disk; 0 if it was never booted. */
export function bootCount(disk: Uint8Array): number {
  const state = Buffer.from(disk.buffer, disk.byteOffset + stateOffsetBytes, scratchpad.sectorBytes);
  return state.toString('latin1', 0, 10) === 'SCRATCHPAD' ? state.readUInt32LE(12) : 0;
}

/** The notes in `disk`, the start of a disk, oldest first. */
export function notesOn(disk: Uint8Array): { number: number; text: string }[] {
  const notes = [];
  for (let slot = 0; slot < scratchpad.noteSlots; slot++) {
    const sector = Buffer.from(disk.buffer, disk.byteOffset + noteOffsetBytes(slot + 1), scratchpad.sectorBytes);
    if (sector.toString('latin1', 0, 4) !== 'NOTE') continue;
    const length = sector.readUInt16LE(8);
    notes.push({ number: sector.readUInt32LE(4), text: sector.toString('latin1', 10, 10 + length) });
  }
  return notes.sort((a, b) => a.number - b.number);
}
