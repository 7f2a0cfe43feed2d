import { command } from '../../../core/nbd/protocol.ts';
import { NbdTestClient } from '../../support/nbd-client.ts';
import { stamped, type SectorHistory } from '../../support/sector-history.ts';
import type { SeededRandom } from '../../support/seeded-random.ts';

const SECTOR_BYTES = 512;

/** One connection that writes, zeroes and flushes until it breaks, in sectors that are its own, and knows what was answered. */
export async function loadConnection(
  socketPath: string,
  history: SectorHistory,
  own: { readonly first: number; readonly count: number },
  nextStamp: () => number,
  random: SeededRandom,
): Promise<void> {
  let client: NbdTestClient;
  try {
    client = await NbdTestClient.open(socketPath);
  } catch {
    return;
  }
  try {
    for (;;) {
      const first = own.first + random.below(own.count);
      const count = Math.min(own.first + own.count - first, 1 + random.below(random.pick([1, 8, 100])));
      const range = { offsetBytes: first * SECTOR_BYTES, lengthBytes: count * SECTOR_BYTES };
      const what = random.below(10);
      if (what < 7) {
        const stamp = nextStamp();
        const answered = history.beginWrite(first, count, stamp);
        if (await request(client, { type: command.write, ...range }, Buffer.from(stamped(count, stamp)))) answered();
      } else if (what < 8) {
        const answered = history.beginWrite(first, count, 0);
        if (await request(client, { type: command.writeZeroes, ...range })) answered();
      } else {
        const settle = history.beginFlush();
        if (await request(client, { type: command.flush })) settle();
      }
    }
  } catch {
    // The server is gone: that is what this is for.
  } finally {
    client.close();
  }
}

async function request(
  client: NbdTestClient,
  fields: Parameters<NbdTestClient['request']>[0],
  payload?: Buffer,
): Promise<boolean> {
  const { errno } = await client.request(fields, payload);
  return errno === 0;
}
