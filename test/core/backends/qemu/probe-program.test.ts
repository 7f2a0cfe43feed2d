import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { probeDisk, probeSuccessStatus } from '../../../../core/backends/qemu/probe-program.ts';
import { makeTempFolder } from '../../../support/temp-folder.ts';
import { hasTools } from '../../../support/tools.ts';

const source = join(import.meta.dirname, '../../../../core/backends/qemu/probe-program.asm');

describe("the accelerator's probe program", () => {
  it.skipIf(!hasTools('nasm'))('the bytes are what its source assembles to', () => {
    using folder = makeTempFolder();
    execFileSync('nasm', ['-f', 'bin', '-o', folder.at('probe'), source]);
    expect(
      probeDisk()
        .subarray(0, 512)
        .equals(readFileSync(folder.at('probe'))),
    ).toBe(true);
  });

  it('its status is what the sums give', () => {
    let value = 1;
    const words = Array.from({ length: 0x40000 }, () => {
      const word = value;
      value = (Math.imul(value, 1664525) + 1013904223) >>> 0;
      return word;
    });
    const sum = words.reduce((total, word) => ((total << 1) | (total >>> 31)) ^ word, 0);
    const folded = (((sum >>> 16) ^ sum) & 63) | 64;
    expect(folded * 2 + 1).toBe(probeSuccessStatus);
  });
});
