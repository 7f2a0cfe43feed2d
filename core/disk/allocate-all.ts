import { MIB } from '../base/units.ts';
import { Chain } from './chain/chain.ts';
import { Link } from './chain/link.ts';
import { SessionDevice } from './session-device.ts';

const pieceBytes = MIB;

/** Writes zeros into every grain of a new base, so that the host can't run out of space for it later. Synced and closed clean. */
export async function allocateAll(files: readonly string[]): Promise<void> {
  const link = Link.open({ files, isWritable: true });
  const device = new SessionDevice(new Chain([link]));
  try {
    const zeros = new Uint8Array(pieceBytes);
    for (let offset = 0; offset < device.sizeBytes; offset += pieceBytes) {
      const pending = device.write(offset, [zeros.subarray(0, Math.min(pieceBytes, device.sizeBytes - offset))]);
      if (pending !== undefined) await pending;
    }
  } finally {
    await device.close();
  }
}
