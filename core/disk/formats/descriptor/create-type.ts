import { RedoubtError } from '../../../base/redoubt-error.ts';
import type { Descriptor, ExtentType } from './descriptor.ts';

/** What the files of a disk are, going by its descriptor. `cowd`: the sparse files of ESX. */
export type DescribedKind = 'sparse' | 'flat' | 'stream' | 'cowd';

const kinds: Readonly<Record<string, DescribedKind>> = {
  monolithicsparse: 'sparse',
  twogbmaxextentsparse: 'sparse',
  '2gbmaxextentsparse': 'sparse',
  streamoptimized: 'stream',
  monolithicflat: 'flat',
  twogbmaxextentflat: 'flat',
  '2gbmaxextentflat': 'flat',
  vmfs: 'flat',
  vmfsthin: 'flat',
  vmfspreallocated: 'flat',
  vmfseagerzeroedthick: 'flat',
  vmfssparse: 'cowd',
};

const extentsOf: Readonly<Record<DescribedKind, readonly ExtentType[]>> = {
  sparse: ['SPARSE', 'ZERO'],
  flat: ['FLAT', 'VMFS', 'ZERO'],
  stream: ['SPARSE'],
  cowd: ['VMFSSPARSE', 'SPARSE'],
};

/**
 * Judges a descriptor's type of disk and whether its extents go with it. Types that mean a physical disk
 * (fullDevice, partitionedDevice, vmfsRaw, vmfsRDM), `custom`, and what nobody knows are refused.
 * Throws disk.unsupported, disk.corrupt (an extent of another type).
 */
export function kindOfDescribed(descriptor: Descriptor, file: string): DescribedKind {
  const kind = kinds[descriptor.createType.toLowerCase()];
  if (kind === undefined) throw unsupported(file, `createType ${descriptor.createType}`);
  for (const extent of descriptor.extents) {
    if (extent.access === 'NOACCESS') throw unsupported(file, 'an extent that nobody may read');
    if (extentsOf[kind].includes(extent.type)) continue;
    const field = `line ${String(extent.line)}, extent type`;
    const reason = `which does not go with createType ${descriptor.createType}`;
    throw new RedoubtError('disk.corrupt', `${file} is damaged: ${field} is ${extent.type}, ${reason}.`, {
      file,
      field,
      value: extent.type,
      reason,
    });
  }
  return kind;
}

function unsupported(file: string, feature: string): RedoubtError {
  return new RedoubtError('disk.unsupported', `${file} uses what is not supported: ${feature}.`, { file, feature });
}
