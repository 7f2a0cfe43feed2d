import { sectorBytes } from './cowd-layout.ts';
import type { Picture } from './picture.ts';
import type { Stroke } from './stroke.ts';

/** What this needs of a generator of random numbers. */
interface Source {
  fraction(): number;
  below(limit: number): number;
  bytes(length: number): Uint8Array;
}

/** Strokes all over a disk, at both its ends and across the seams between its files. */
export function strokesOver(sizeBytes: number, seams: readonly number[], random: Source, count = 25): Stroke[] {
  const sizeSectors = sizeBytes / sectorBytes;
  const stroke = (sector: number, sectors: number): Stroke => ({
    offsetBytes: Math.min(Math.max(0, sector), sizeSectors - sectors) * sectorBytes,
    bytes: random.bytes(sectors * sectorBytes),
  });
  return [
    stroke(0, 1),
    stroke(sizeSectors, 3),
    ...seams.map((seam) => stroke(seam / sectorBytes - 1 - random.below(40), 45)),
    ...Array.from({ length: count }, () => stroke(random.below(sizeSectors), 1 + random.below(200))),
  ];
}

export function paintAll(picture: Picture, strokes: readonly Stroke[]): void {
  for (const { offsetBytes, bytes } of strokes) picture.paint(offsetBytes, bytes);
}
