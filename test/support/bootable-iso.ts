import { writeFileSync } from 'node:fs';

const SECTOR_BYTES = 2048;
const catalogSector = 19;
const bootSector = 20;

/**
 * 16-bit code that says `Booted from the CD.` and sleeps:
 * `call` over the text, `pop si`, then INT 10h teletype until the zero, then `sti; hlt` for ever.
 */
const program = Buffer.from(
  'e81400426f6f7465642066726f6d207468652043442e005e0e1fac84c07409b40ebb0700cd10ebf2fbf4ebfc',
  'hex',
);

/** Writes the smallest CD image that boots: no files. Source: "El Torito" Bootable CD-ROM Format 1.0. */
export function writeBootableIso(path: string): void {
  const image = Buffer.alloc((bootSector + 1) * SECTOR_BYTES);
  image.write('\x01CD001\x01', 16 * SECTOR_BYTES, 'latin1'); // primary volume
  image.writeUInt32LE(bootSector + 1, 16 * SECTOR_BYTES + 80);
  image.write('\x00CD001\x01EL TORITO SPECIFICATION', 17 * SECTOR_BYTES, 'latin1');
  image.writeUInt32LE(catalogSector, 17 * SECTOR_BYTES + 71);
  image.write('\xffCD001\x01', 18 * SECTOR_BYTES, 'latin1'); // end of the volumes

  const catalog = image.subarray(catalogSector * SECTOR_BYTES);
  catalog[0] = 1;
  catalog[30] = 0x55;
  catalog[31] = 0xaa;
  catalog.writeUInt16LE(0x10000 - 0x0001 - 0xaa55, 28); // all words of the entry add up to zero
  catalog[32] = 0x88; // bootable, no emulation
  catalog.writeUInt16LE(1, 38); // sectors of 512 bytes to load
  catalog.writeUInt32LE(bootSector, 40);
  program.copy(image, bootSector * SECTOR_BYTES);
  writeFileSync(path, image);
}
