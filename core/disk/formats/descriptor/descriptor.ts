/**
 * A text descriptor: what it may say, as plain data. It names the files of a disk and, in its CID, the state
 * of its content. Source: VMware, Virtual Disk Format 1.1, "The descriptor"; the keys seen in files of
 * Workstation, ESX and qemu-img.
 */
export const extentTypes = ['FLAT', 'SPARSE', 'ZERO', 'VMFS', 'VMFSSPARSE', 'VMFSRDM', 'VMFSRAW', 'SESPARSE'] as const;
export type ExtentType = (typeof extentTypes)[number];

export const extentAccesses = ['RW', 'RDONLY', 'NOACCESS'] as const;
export type ExtentAccess = (typeof extentAccesses)[number];

export interface DescriptorExtent {
  readonly access: ExtentAccess;
  /** Of the disk; above 0. */
  readonly sectors: number;
  readonly type: ExtentType;
  /** As written: relative to the descriptor's folder. Absent for ZERO. */
  readonly fileName?: string;
  /** Where the extent begins in its file, in sectors; 0 for sparse ones. */
  readonly offsetSectors: number;
  /** Of the text, from 1; 0 in one that was not read. */
  readonly line: number;
}

export interface Descriptor {
  readonly version: number;
  /** Changes with the content. 32 bits. */
  readonly cid: number;
  /** The parent's CID when the child was made; absent in a base. */
  readonly parentCid?: number;
  /** As written. */
  readonly createType: string;
  /** The path of the parent's descriptor. Present exactly where parentCid is. */
  readonly parentFileNameHint?: string;
  readonly extents: readonly DescriptorExtent[];
  /** The lines `ddb.x = "y"`; keys in lower case. */
  readonly database: ReadonlyMap<string, string>;
}

/** The first line, after which a file is known by; matched without regard to case. */
export const descriptorMark = '# Disk DescriptorFile';

/** Of the CIDs: there is no parent. */
export const noParentCid = 0xffff_ffff;

/** The text of a CID: eight digits. */
export function formatCid(cid: number): string {
  return cid.toString(16).padStart(8, '0');
}

/** Whether a file that begins with these bytes is a text descriptor. */
export function isDescriptor(start: Uint8Array): boolean {
  const text = Buffer.from(start.buffer, start.byteOffset, Math.min(start.length, 64)).toString('latin1');
  return /^(?:ï»¿)?\s*# *disk descriptorfile/i.test(text);
}
