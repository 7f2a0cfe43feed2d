import type { DialectName } from '../formats/cowd/dialect.ts';
import type { Geometry } from '../formats/cowd/header.ts';
import type { DiskBus } from './segmentation.ts';

/**
 * Cylinders, heads and sectors as a BIOS and the original's readers expect them. The exact size wins:
 * cylinders are rounded down, and what is left over lies behind the last. Source: VDK 3.1, disk geometry.
 */
export function diskGeometry(bus: DiskBus, sectors: number, dialect: DialectName): Geometry {
  if (bus === 'ide') return ideGeometry(sectors, dialect);
  return sectors <= twoGibGeometryLimit ? fileGeometry(bus, sectors, sectors, dialect) : geometry(sectors, 255, 63);
}

/** Of one file of a disk. Files of a large SCSI disk keep the small disks' tracks, so that a full span has whole cylinders. */
export function fileGeometry(bus: DiskBus, sectors: number, diskSectors: number, dialect: DialectName): Geometry {
  if (bus === 'ide') return ideGeometry(sectors, dialect);
  return geometry(sectors, diskSectors <= oneGibGeometryLimit ? 64 : 128, 32);
}

const oneGibGeometryLimit = 64 * 32 * 1023;
const twoGibGeometryLimit = 128 * 32 * 1023;

/** VMware 2 counted 15 heads. */
function ideGeometry(sectors: number, dialect: DialectName): Geometry {
  return geometry(sectors, dialect === 'vmware2' ? 15 : 16, 63);
}

function geometry(sectors: number, heads: number, sectorsPerTrack: number): Geometry {
  return { cylinders: Math.floor(sectors / (heads * sectorsPerTrack)), heads, sectorsPerTrack };
}
