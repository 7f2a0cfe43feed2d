import { createRedoLog } from '../../../core/disk/create/create-redo-log.ts';
import { discardRedoLog } from '../../../core/disk/discard.ts';
import { openDiskSession } from '../../../core/disk/session/session.ts';
import { fingerprint } from '../../support/fingerprint.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { makeSmallBase } from '../../support/small-disk.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';
import type { PartOptions, PartResult } from '../campaign-part.ts';

const MIB = 2 ** 20;

/**
 * Random sessions in undoable and nonpersistent mode on the real file system: written, zeroed, trimmed, flushed, reset,
 * switched to a new leaf, closed or left as they are; kept, discarded, written again. The base must be as it was, to the
 * byte and to both its times.
 */
export async function runBases({ seed, count, untilMs }: PartOptions): Promise<PartResult> {
  using folder = makeTempFolder();
  const context = { settingsDirectory: folder.at('settings') };
  const base = makeSmallBase(folder.path, 'disk.vmdk', [2048, 2048, 904]);
  const files = [base, folder.at('disk-02.vmdk'), folder.at('disk-03.vmdk')];
  const session = await openDiskSession({ file: base, mode: 'persistent', context });
  await session.device.write(700, [new Uint8Array(1.5 * MIB).fill(7)]);
  await session.close();

  const before = fingerprint(files);
  const failures: string[] = [];
  let done = 0;
  for (; done < count && Date.now() < untilMs; done++) {
    const random = new SeededRandom(seed + done);
    await oneLog(base, context, random);
    if (fingerprint(files) !== before) {
      failures.push(`seed ${String(seed + done)}: the base has changed`);
      break;
    }
  }
  return {
    done,
    failures,
    summary: `bases: ${String(done)} logs written over a base in undoable and nonpersistent mode, ${failures.length === 0 ? 'not a byte nor a time of it changed' : 'it has changed'}`,
  };
}

interface Context {
  readonly settingsDirectory: string;
}

async function oneLog(base: string, context: Context, random: SeededRandom): Promise<void> {
  const mode = random.pick(['undoable', 'nonpersistent'] as const);
  const made = await createRedoLog({ parent: base, randomSuffix: random.below(2) === 0, context });
  let redo = made.file;
  let session = await openDiskSession({ file: base, mode, redo, context });
  for (let step = 5 + random.below(30); step > 0; step--) {
    const at = random.below(session.device.sizeBytes);
    const length = Math.min(session.device.sizeBytes - at, 1 + random.below(random.pick([512, 9000, 200_000])));
    const what = random.below(100);
    if (what < 55) await session.device.write(at, [random.bytes(length)]);
    else if (what < 65) await session.device.writeZeroes(at, length);
    else if (what < 72) await session.device.discard(at, length);
    else if (what < 88) await session.device.read(at, new Uint8Array(length));
    else if (what < 96) await session.device.flush();
    else if (mode === 'nonpersistent') {
      const next = await createRedoLog({ parent: base, randomSuffix: true, context });
      await session.replaceRedo(next.file);
    } else {
      await session.close();
      session = await openDiskSession({ file: base, mode, redo, context });
    }
  }
  redo = session.redo ?? redo;
  await session.close();
  if (mode === 'undoable') await discardRedoLog({ redo, context });
}
