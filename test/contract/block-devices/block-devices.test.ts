import { CrashingFiles } from '../../support/crashing-files.ts';
import { MemoryDevice } from '../../support/memory-device.ts';
import { makeLink, openDevice, type TestDisk } from '../../support/test-chain.ts';
import { blockDeviceContract } from './block-device-contract.ts';

const spans = [8192, 4096 + 8, 8192];
const sizeBytes = spans.reduce((sum, span) => sum + span, 0) * 512;

blockDeviceContract('memory', { make: () => new MemoryDevice(sizeBytes) });
blockDeviceContract('memory that takes its time', { make: () => new MemoryDevice(sizeBytes, { isSlow: true }) });

for (const [grainSectors, depth] of [
  [16, 1],
  [8, 3],
  [128, 2],
] as const) {
  blockDeviceContract(`a chain of ${String(depth)} with grains of ${String(grainSectors)} sectors`, {
    make: () => {
      const layer = new CrashingFiles();
      let disks: TestDisk[] = [];
      for (let level = 0; level < depth; level++) {
        const [parent] = disks;
        disks = [
          makeLink(layer, `level${String(level)}`, spans, {
            layer,
            grainSectors,
            ...(parent === undefined ? {} : { parent }),
          }),
          ...disks,
        ];
      }
      return openDevice(disks, { layer });
    },
  });
}
