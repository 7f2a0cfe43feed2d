import { MIB } from '../../base/units.ts';
import { Link } from '../chain/link.ts';
import type { Extent } from '../formats/extent.ts';

const pieceBytes = MIB;

/**
 * Gives every grain of a new base its place and writes zeros there, so that the host can't run out of space
 * for it later. Synced and closed clean. A device would not do it: it allocates nothing for zeros.
 */
export async function allocateAll(files: readonly string[]): Promise<void> {
  const link = Link.open({ files, isWritable: true });
  try {
    for (const extent of link.extents) await allocateExtent(link, extent);
    await link.finishClean();
  } finally {
    link.close();
  }
}

async function allocateExtent(link: Link, extent: Extent): Promise<void> {
  const zeros = new Uint8Array(pieceBytes);
  let sinceFlushBytes = 0;
  link.beginWriting(extent);
  for (let grain = 0; grain < extent.grainCount;) {
    const wanted = Math.min(Math.floor(pieceBytes / extent.grainBytes), extent.grainCount - grain);
    const row = extent.findRow(grain, wanted);
    const bytes = zeros.subarray(0, row.grains * extent.grainBytes);
    extent.writeRow(row, [bytes]);
    extent.enter(grain, row);
    link.noteWritten(bytes.length);
    grain += row.grains;
    sinceFlushBytes += bytes.length;
    if (sinceFlushBytes < 64 * pieceBytes) continue;
    // Lets go of the thread, too.
    await link.flush();
    sinceFlushBytes = 0;
  }
}
