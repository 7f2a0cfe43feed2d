import { closeSync, ftruncateSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './debian-packages.ts';

const mebibyte = 1024 * 1024;
const sectorBytes = 512;

/** The layout of the disk: a FAT partition to boot from, an ext2 partition for data. */
const layout = {
  bootStartBytes: mebibyte,
  bootBytes: 24 * mebibyte,
  dataStartBytes: 25 * mebibyte,
  dataBytes: 22 * mebibyte,
  diskBytes: 47 * mebibyte,
} as const;

const bootCode = '/usr/lib/syslinux/mbr/mbr.bin';

/**
 * Writes a disk image that a PC boots: the kernel and its first file system on FAT with SYSLINUX, and an empty
 * ext2 file system as the second partition. Uses mtools, syslinux and mke2fs; needs no root and no mount.
 */
export function writeBootDisk(
  image: string,
  {
    kernel,
    initramfs,
    commandLine,
    workFolder,
  }: { kernel: string; initramfs: Buffer; commandLine: string; workFolder: string },
): void {
  const fd = openSync(image, 'w');
  try {
    ftruncateSync(fd, layout.diskBytes);
    writeSync(fd, masterBootRecord(), 0, sectorBytes, 0);
  } finally {
    closeSync(fd);
  }
  const bootPartition = `${image}@@${String(layout.bootStartBytes)}`;
  const bootSectors = layout.bootBytes / sectorBytes;
  const hiddenSectors = layout.bootStartBytes / sectorBytes;
  run('mformat', [
    '-i',
    bootPartition,
    '-T',
    String(bootSectors),
    '-H',
    String(hiddenSectors),
    '-h',
    '255',
    '-s',
    '63',
    '::',
  ]);
  run('syslinux', ['--install', '--offset', String(layout.bootStartBytes), image]);

  const initramfsFile = join(workFolder, 'initramfs');
  writeFileSync(initramfsFile, initramfs);
  const settings = join(workFolder, 'syslinux.cfg');
  writeFileSync(settings, `DEFAULT linux\nLABEL linux\n  KERNEL /vmlinuz\n  APPEND initrd=/initrd ${commandLine}\n`);
  for (const [from, to] of [
    [kernel, '::/vmlinuz'],
    [initramfsFile, '::/initrd'],
    [settings, '::/syslinux.cfg'],
  ] as const) {
    run('mcopy', ['-i', bootPartition, from, to]);
  }
  const blocks = String(layout.dataBytes / 1024);
  run('mke2fs', [
    '-q',
    '-F',
    '-t',
    'ext2',
    '-b',
    '1024',
    '-E',
    `offset=${String(layout.dataStartBytes)}`,
    image,
    blocks,
  ]);
}

/** Boot code and a table of two partitions, the first of them active. */
function masterBootRecord(): Buffer {
  const record = Buffer.alloc(sectorBytes);
  readFileSync(bootCode).copy(record, 0, 0, 440);
  partitionEntry({ isActive: true, type: 0x0e, startBytes: layout.bootStartBytes, lengthBytes: layout.bootBytes }).copy(
    record,
    446,
  );
  partitionEntry({
    isActive: false,
    type: 0x83,
    startBytes: layout.dataStartBytes,
    lengthBytes: layout.dataBytes,
  }).copy(record, 462);
  record.writeUInt16BE(0x55aa, 510);
  return record;
}

/** Cylinders, heads and sectors are left at their "use the block address" values. */
function partitionEntry(partition: {
  isActive: boolean;
  type: number;
  startBytes: number;
  lengthBytes: number;
}): Buffer {
  const entry = Buffer.from([
    partition.isActive ? 0x80 : 0,
    0xfe,
    0xff,
    0xff,
    partition.type,
    0xfe,
    0xff,
    0xff,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
  ]);
  entry.writeUInt32LE(partition.startBytes / sectorBytes, 8);
  entry.writeUInt32LE(partition.lengthBytes / sectorBytes, 12);
  return entry;
}
