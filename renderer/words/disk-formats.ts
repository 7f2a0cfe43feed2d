import { defineWords } from './message.ts';

const t = defineWords({
  cowd: 'VMware 3',
  vmdk: 'VMware 4',
  flat: 'VMware flat',
  stream: 'VMware compressed',
  raw: 'raw',
  qcow: 'QCOW',
  qcow2: 'QCOW2',
});

/** A disk format as people call it. Those that are called by their file's own name are as the core says. */
export function formatWords(format: string): string {
  return isKnown(format) ? t(format) : format;
}

function isKnown(format: string): format is Parameters<typeof t>[0] {
  return ['cowd', 'vmdk', 'flat', 'stream', 'raw', 'qcow', 'qcow2'].includes(format);
}
