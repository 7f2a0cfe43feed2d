import { describe, expect, it } from 'vitest';
import { zeroRows } from '../../../../core/disk/chain/zero-rows.ts';
import { Link } from '../../../../core/disk/chain/link.ts';
import { makeLink, openDevice } from '../../../support/test-chain.ts';
import { makeTempFolder } from '../../../support/temp-folder.ts';

/** One byte a character: `.` is zero. */
const bytesOf = (text: string) => Uint8Array.from(text, (character) => (character === '.' ? 0 : 1));

describe('content over nothing', () => {
  it.each([
    ['....|....|....', [[12, true]]],
    [
      '...x|....|x...',
      [
        [4, false],
        [4, true],
        [4, false],
      ],
    ],
    [
      'x|....|...x|..',
      [
        [1, false],
        [4, true],
        [4, false],
        [2, true],
      ],
    ],
    [
      '.|xxxx|....',
      [
        [1, true],
        [4, false],
        [4, true],
      ],
    ],
  ])('[W3] is cut where grains of zeros begin and end: %s', (text, rows) => {
    const grains = text.split('|');
    const content = bytesOf(text.replaceAll('|', ''));
    for (const cut of [content.length, 1, 3, 5]) {
      const chunks = [content.subarray(0, cut), content.subarray(cut)];
      expect(zeroRows(chunks, content.length, (grains[0] as string).length, 4)).toEqual(
        rows.map(([lengthBytes, isZeros]) => ({ lengthBytes, isZeros })),
      );
    }
  });

  it('[W3] takes grains only for what is not zero, in one write of both', async () => {
    using folder = makeTempFolder();
    const base = makeLink(folder, 'base', [8192], { grainSectors: 8 });
    const device = openDevice([base]);
    const content = new Uint8Array(100 * 4096);
    content.fill(1, 10 * 4096 + 5, 10 * 4096 + 6);
    content.fill(2, 50 * 4096, 52 * 4096);
    await device.write(2048, [content]);
    await device.write(4 * 4096, [new Uint8Array(8192), new Uint8Array(4096).fill(3)]);
    const target = new Uint8Array(content.length);
    await device.read(2048, target);
    content.set(new Uint8Array(4096).fill(3), 6 * 4096 - 2048);
    expect(Buffer.compare(target, content)).toBe(0);
    await device.close();
    const link = Link.open({ files: base.files, isWritable: false });
    const grains = [...link.allocatedRuns()].reduce((sum, run) => sum + run.lengthBytes / 4096, 0);
    link.close();
    expect(grains).toBe(1 + 3 + 1);
  });
});
