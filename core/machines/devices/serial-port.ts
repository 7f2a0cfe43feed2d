import type { VmxDocument } from '../vmx/vmx-document.ts';
import { isTrue } from './disk.ts';

/** The file that the first serial port writes to, as written; other kinds of port are left alone. */
export function readSerialFile(document: VmxDocument): string | undefined {
  if (!isTrue(document.get('serial0.present'))) return undefined;
  if (document.get('serial0.fileType')?.toLowerCase() !== 'file') return undefined;
  const file = document.get('serial0.fileName') ?? '';
  return file === '' ? undefined : file;
}

export function writeSerialFile(document: VmxDocument, file: string | undefined): void {
  if (readSerialFile(document) === file) return;
  if (file === undefined) {
    document.set('serial0.present', 'FALSE');
    return;
  }
  document.set('serial0.present', 'TRUE');
  document.set('serial0.fileType', 'file');
  document.set('serial0.fileName', file);
}
