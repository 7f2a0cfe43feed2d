import { createHash } from 'node:crypto';
import { SECTOR_BYTES } from '../../base/units.ts';
import { NOWHERE, ZEROS, type Extent } from './extent.ts';

const SAMPLES = 256;
const SAMPLE_BYTES = 4096;

/**
 * A hash of 256 samples of 4 KiB from a link's own content, spread evenly: what tells that a foreign program
 * has written to a file that keeps no generation. The i-th begins at block floor(i × blocks / 256) of 4 KiB; the last
 * block may be shorter. Returns 64 hexadecimal digits (SHA-256). Throws disk.io, disk.corrupt.
 */
export function sampleContent(extents: readonly Extent[]): string {
  const sizeBytes = extents.reduce((sum, extent) => sum + extent.spanBytes, 0);
  const blocks = Math.ceil(sizeBytes / SAMPLE_BYTES);
  const hash = createHash('sha256');
  const bytes = new Uint8Array(SAMPLE_BYTES);
  for (let index = 0; index < SAMPLES; index++) {
    const offset = Math.floor((index * blocks) / SAMPLES) * SAMPLE_BYTES;
    const sample = bytes.subarray(0, Math.min(SAMPLE_BYTES, sizeBytes - offset));
    readLink(extents, offset, sample);
    hash.update(sample);
  }
  return hash.digest('hex');
}

/** Reads what these extents alone have; zeros where they have nothing. */
function readLink(extents: readonly Extent[], offsetBytes: number, target: Uint8Array): void {
  target.fill(0);
  const place = new Uint32Array(1);
  for (let done = 0; done < target.length;) {
    const at = offsetBytes + done;
    const extent = extents.find((candidate) => at < candidate.startBytes + candidate.spanBytes);
    if (extent === undefined) return;
    const within = at - extent.startBytes;
    const grain = Math.floor(within / extent.grainBytes);
    const inGrain = within - grain * extent.grainBytes;
    const length = Math.min(target.length - done, extent.grainBytes - inGrain, extent.spanBytes - within);
    extent.readPlaces(grain, 1, place);
    const [found = NOWHERE] = place;
    if (found !== NOWHERE && found !== ZEROS)
      extent.readAt(extent.originBytes + found * SECTOR_BYTES + inGrain, target.subarray(done, done + length));
    done += length;
  }
}
