import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RedoubtError } from '../../../../core/base/redoubt-error.ts';
import { commitRedoLog } from '../../../../core/disk/commit/commit.ts';
import { discardRedoLog } from '../../../../core/disk/discard.ts';
import { openDiskSession } from '../../../../core/disk/session/session.ts';
import { settleChain } from '../../../../core/disk/commit/settle.ts';
import { makeBase, makeLog, writeDisk } from '../../../support/disk-kit.ts';
import { makeTempFolder, type TempFolder } from '../../../support/temp-folder.ts';

/** Several at one disk at the same time: one wins, the others hear why not, and nothing is lost. */

let folder: TempFolder;
let base: string;
beforeEach(async () => {
  folder = makeTempFolder();
  base = await makeBase(folder.at('disk.vmdk'), { capacityBytes: 4 * 2 ** 30 });
});
afterEach(() => {
  folder.remove();
});

const segments = ['disk-02.vmdk', 'disk-03.vmdk', 'disk.vmdk'];
const five = [0, 1, 2, 3, 4];

/** The codes of those that were refused. Anything but a refusal fails the test. */
function refusals(results: readonly PromiseSettledResult<unknown>[]): string[] {
  return results.flatMap((result) => {
    if (result.status === 'fulfilled') return [];
    if (!(result.reason instanceof RedoubtError)) throw result.reason;
    return [(result.reason as RedoubtError).code];
  });
}

describe('at once', () => {
  it('[L1] several commits of one log: it is committed once', async () => {
    const log = await makeLog(base);
    await writeDisk(base, log, [[0, 1, 100_000]]);
    const start = Buffer.alloc(100_000, 1);
    const results = await Promise.allSettled(five.map(() => commitRedoLog({ redo: log })));
    expect(results.some(({ status }) => status === 'fulfilled')).toBe(true);
    for (const code of refusals(results)) expect(['disk.locked', 'disk.not-found']).toContain(code);
    await settleChain(base, {});
    expect(readdirSync(folder.path).sort()).toEqual(segments);
    const session = await openDiskSession({ file: base, mode: 'persistent' });
    const bytes = Buffer.alloc(100_000);
    await session.device.read(0, bytes);
    await session.close();
    expect(bytes.equals(start)).toBe(true);
  });

  it('[L1] several logs of one name: one is made, whole', async () => {
    const results = await Promise.allSettled(five.map(() => makeLog(base)));
    expect(refusals(results)).toEqual(Array(4).fill('disk.redo-taken'));
    await discardRedoLog({ redo: `${base}.REDO` });
    expect(readdirSync(folder.path).sort()).toEqual(segments);
  });

  it('[D1] several logs of several names are all listed', async () => {
    const logs = await Promise.all(five.map(() => makeLog(base, { directory: folder.path })));
    const { children } = JSON.parse(readFileSync(`${base}.children`, 'utf8')) as { children: { path: string }[] };
    expect(children.map(({ path }) => path).sort()).toEqual([...logs].sort());
  });

  it('[L1] several sessions on one log: one opens', async () => {
    const log = await makeLog(base);
    const results = await Promise.allSettled(
      five.map(() => openDiskSession({ file: base, mode: 'undoable', redo: log })),
    );
    expect(refusals(results)).toEqual(Array(4).fill('disk.locked'));
    for (const result of results) if (result.status === 'fulfilled') await result.value.close();
    expect(existsSync(`${log}.lck`)).toBe(false);
    expect(existsSync(`${base}.lck`)).toBe(false);
  });

  it('[R1] several discards, a session and a new log: never half of one', async () => {
    const log = await makeLog(base);
    const results = await Promise.allSettled([
      discardRedoLog({ redo: log }),
      openDiskSession({ file: base, mode: 'undoable', redo: log }),
      discardRedoLog({ redo: log }),
      makeLog(base),
      discardRedoLog({ redo: log }),
    ]);
    for (const code of refusals(results)) {
      expect(['disk.locked', 'disk.not-found', 'disk.redo-taken']).toContain(code);
    }
    const session = results[1];
    if (session.status === 'fulfilled') await session.value.close();
    if (existsSync(log)) await contentOfStart(log);
    await discardRedoLog({ redo: log }).catch(() => undefined);
    expect(readdirSync(folder.path).sort()).toEqual(segments);
  });

  it('[L1] a commit and sessions on its base and its log: one of them', async () => {
    const log = await makeLog(base);
    await writeDisk(base, log, [[0, 1, 100_000]]);
    const results = await Promise.allSettled([
      openDiskSession({ file: base, mode: 'persistent' }),
      commitRedoLog({ redo: log }),
      openDiskSession({ file: base, mode: 'undoable', redo: log }),
      commitRedoLog({ redo: log }),
    ]);
    for (const code of refusals(results)) {
      expect(['disk.locked', 'disk.not-found', 'disk.commit-unfinished']).toContain(code);
    }
    for (const result of results) {
      if (result.status === 'fulfilled' && 'close' in result.value) await result.value.close();
    }
    if (existsSync(log)) await commitRedoLog({ redo: log });
    expect(readdirSync(folder.path).sort()).toEqual(segments);
  });
});

/** Opens the chain and reads of it. */
async function contentOfStart(log: string): Promise<void> {
  const session = await openDiskSession({ file: base, mode: 'undoable', redo: log });
  await session.device.read(0, new Uint8Array(4096));
  await session.close();
}
