import { inflateSync } from 'node:zlib';
import { ByteReader } from '../../../base/byte-reader.ts';
import { RedoubtError } from '../../../base/redoubt-error.ts';
import { SECTOR_BYTES } from '../../../base/units.ts';
import type { DiskFile } from '../../files/disk-file.ts';

/**
 * The records of a streamOptimized file: a compressed grain has its disk address, its length and zlib data;
 * a marker has no length, and says what follows. Source: VMware, Virtual Disk Format 1.1, "Stream-optimized
 * compressed sparse extents".
 */
const GRAIN_HEADER_BYTES = 12;

/** What deflate makes of bytes that it can't compress is little more than they were; nothing is near twice. */
function mostCompressedBytes(grainBytes: number): number {
  return 2 * grainBytes + SECTOR_BYTES;
}

/**
 * Reads and inflates the grain whose record begins at a sector. `lbaSectors`: where on the disk it belongs, as the
 * record must say. `neededBytes`: what it must yield at least; the last grain of a disk may be short. The
 * result has `grainBytes`, zeros where the grain ended. No more than that is ever inflated.
 * Throws disk.corrupt (file, field, value), disk.io.
 */
export function readStreamGrain(
  file: DiskFile,
  sector: number,
  grain: { readonly lbaSectors: number; readonly grainBytes: number; readonly neededBytes: number },
): Uint8Array {
  const corrupt = (field: string, value: string, reason: string) => {
    const where = `grain at sector ${String(sector)}, ${field}`;
    const message = `${file.path} is damaged: ${where} is ${value}, ${reason}.`;
    return new RedoubtError('disk.corrupt', message, { file: file.path, field: where, value, reason });
  };
  const start = new Uint8Array(SECTOR_BYTES);
  const got = file.read(sector * SECTOR_BYTES, start);
  if (got < GRAIN_HEADER_BYTES) throw corrupt('sector', String(sector), 'past the end of the file');
  const reader = new ByteReader(start);
  const lba = reader.u64(0);
  if (lba !== BigInt(grain.lbaSectors))
    throw corrupt('lba', String(lba), `but the table says ${String(grain.lbaSectors)}`);
  const size = reader.u32(8);
  if (size === 0) throw corrupt('size', '0', 'so it is a marker and no grain');
  if (size > mostCompressedBytes(grain.grainBytes)) throw corrupt('size', String(size), 'more than a grain can take');
  const compressed = new Uint8Array(size);
  const inStart = Math.min(size, got - GRAIN_HEADER_BYTES);
  compressed.set(start.subarray(GRAIN_HEADER_BYTES, GRAIN_HEADER_BYTES + inStart));
  if (inStart < size) {
    const rest = compressed.subarray(inStart);
    if (got < SECTOR_BYTES || file.read((sector + 1) * SECTOR_BYTES, rest) < rest.length)
      throw corrupt('size', String(size), 'past the end of the file');
  }
  let inflated: Uint8Array;
  try {
    inflated = inflateSync(compressed, { maxOutputLength: grain.grainBytes });
  } catch (error) {
    throw corrupt('data', `${String(size)} bytes`, `which can't be inflated to a grain (${codeOf(error)})`);
  }
  if (inflated.length < grain.neededBytes)
    throw corrupt('data', `${String(inflated.length)} bytes`, `fewer than ${String(grain.neededBytes)}`);
  if (inflated.length === grain.grainBytes) return inflated;
  const whole = new Uint8Array(grain.grainBytes);
  whole.set(inflated);
  return whole;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
