import type { VmxDocument } from '../vmx/vmx-document.ts';
import { isTrue } from './disk.ts';

/** The CD drive; without a path it is empty. */
export interface ConfiguredCdrom {
  readonly slot: string;
  /** As written: absolute, or from the configuration file's folder. */
  readonly isoPath?: string;
}

const candidates = ['ide1:0', 'ide1:1', 'ide0:1', 'ide0:0'];

/** The first drive that is present. A drive of the host itself (cdrom-raw, atapi-cdrom) counts as empty. */
export function readCdrom(document: VmxDocument): ConfiguredCdrom | undefined {
  const slot = candidates.find(
    (candidate) => isTrue(document.get(`${candidate}.present`)) && isCdrom(document, candidate),
  );
  if (slot === undefined) return undefined;
  const isImage = document.get(`${slot}.deviceType`)?.toLowerCase() === 'cdrom-image';
  const isoPath = document.get(`${slot}.fileName`) ?? '';
  return isImage && isoPath !== '' ? { slot, isoPath } : { slot };
}

/** Puts an image into the drive, or takes it out; makes a drive at ide1:0 where there is none. */
export function writeCdrom(document: VmxDocument, isoPath: string | undefined): void {
  const present = readCdrom(document);
  if (present?.isoPath === isoPath && (present !== undefined || isoPath === undefined)) return;
  const slot = present?.slot ?? 'ide1:0';
  if (isoPath === undefined) {
    document.set(`${slot}.fileName`, '');
    return;
  }
  document.set(`${slot}.present`, 'TRUE');
  document.set(`${slot}.deviceType`, 'cdrom-image');
  document.set(`${slot}.fileName`, isoPath);
}

function isCdrom(document: VmxDocument, slot: string): boolean {
  return (document.get(`${slot}.deviceType`) ?? '').toLowerCase().includes('cdrom');
}
