import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bootCount, notesOn, readScratchpadImage, scratchpad } from '../../support/scratchpad.ts';

const hasNasm = spawnSync('nasm', ['-v']).status === 0;
if (!hasNasm) console.log('skipped: Scratchpad is not assembled, because nasm is not installed');

describe('the Scratchpad image', () => {
  it.skipIf(!hasNasm)('is what its source assembles to', () => {
    const folder = mkdtempSync(join(tmpdir(), 'redoubt-scratchpad-'));
    try {
      const built = join(folder, 'built.img');
      execFileSync('nasm', ['-w+all', '-f', 'bin', '-o', built, 'scratchpad.asm'], { cwd: scratchpad.directory });
      expect(readFileSync(built).equals(readScratchpadImage())).toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('can be booted, and its data area is blank', () => {
    const image = readScratchpadImage();
    expect(image.length).toBe(scratchpad.imageBytes);
    expect([image[510], image[511]]).toEqual([0x55, 0xaa]);
    expect(image.subarray(scratchpad.programSectors * scratchpad.sectorBytes).every((byte) => byte === 0)).toBe(true);
    expect(bootCount(image)).toBe(0);
    expect(notesOn(image)).toEqual([]);
  });

  it('agrees with layout.asm about where things lie', () => {
    const layout = readFileSync(join(scratchpad.directory, 'layout.asm'), 'utf8');
    const value = (name: string) => Number(new RegExp(`^${name}\\s+equ (\\d+)`, 'm').exec(layout)?.[1]);
    expect(value('SECTOR_BYTES')).toBe(scratchpad.sectorBytes);
    expect(value('PROGRAM_SECTORS')).toBe(scratchpad.programSectors);
    expect(value('STATE_LBA')).toBe(scratchpad.stateLba);
    expect(value('NOTES_LBA')).toBe(scratchpad.notesLba);
    expect(value('NOTE_SLOTS')).toBe(scratchpad.noteSlots);
    expect(value('NOTE_MAXIMUM')).toBe(scratchpad.maximumNoteLength);
    expect(value('IMAGE_SECTORS') * scratchpad.sectorBytes).toBe(scratchpad.imageBytes);
  });
});
