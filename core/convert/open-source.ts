import { basename } from 'node:path';
import { RedoubtError } from '../base/redoubt-error.ts';
import { Chain } from '../disk/chain/chain.ts';
import type { BlockDevice } from '../disk/block-device.ts';
import type { DiskBus } from '../disk/create/create-base.ts';
import { hasNameOfDisk } from '../disk/formats/open-format.ts';
import { readLinkHead, readSegmentHead, realPath } from '../disk/link-head.ts';
import { lockFile } from '../disk/locks/file-lock.ts';
import { LockSet } from '../disk/locks/lock-set.ts';
import type { OpenContext } from '../disk/open-context.ts';
import { openLinks, resolveChain } from '../disk/parents/resolve-chain.ts';
import { SessionDevice } from '../disk/session/session-device.ts';
import { settleChain } from '../disk/commit/settle.ts';
import { openForeign, type ForeignSource } from './foreign-source.ts';
import { RawFileDevice } from './raw-file-device.ts';

/** A disk that this engine reads, with all it hangs from, locked for reading. Whoever opened it closes it. */
export interface EngineSource {
  readonly kind: 'engine';
  readonly device: BlockDevice;
  readonly sizeBytes: number;
  readonly bus: DiskBus | undefined;
  close(): Promise<void>;
}

/**
 * Opens what is to be converted: a chain of ours, plain data of any length, or what qemu-img reads. Throws what
 * opening a chain for reading throws (disk.commit-unfinished among it), and what openForeign throws.
 */
export async function openSource(file: string, context: OpenContext): Promise<EngineSource | ForeignSource> {
  const known = headOr(() => readSegmentHead(file));
  // A head that is wrong is not plain data, whatever qemu-img takes it for.
  if (known?.is('disk.unsupported') === true) {
    const foreign = await openForeign(file, context);
    if (foreign !== undefined) return foreign;
  }
  if (known === undefined || !known.is('disk.not-a-disk')) return await openChain(file, context);
  const plain = headOr(() => readLinkHead(file));
  if (plain === undefined) return await openChain(file, context);
  if (plain.is('disk.unsupported')) return (await openForeign(file, context)) ?? openPlainData(file);
  // Nor is a disk that has lost its header.
  if (plain.is('disk.not-a-disk') && !hasNameOfDisk(basename(realPath(file)))) return openPlainData(file);
  throw plain;
}

/** Why a head can't be read; `undefined` where it can. */
function headOr(read: () => unknown): RedoubtError | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof RedoubtError) return error as RedoubtError;
    throw error;
  }
}

/** Of a length that is no whole number of sectors, or larger than the engine's flat files: nobody has it open as a disk. */
function openPlainData(file: string): EngineSource {
  const device = RawFileDevice.open(realPath(file));
  return {
    kind: 'engine',
    device,
    sizeBytes: device.sizeBytes,
    bus: undefined,
    close: () => device.close(),
  };
}

async function openChain(file: string, context: OpenContext): Promise<EngineSource> {
  await settleChain(file, context);
  const { purpose = 'convert', machineName } = context;
  const reason = { purpose, ...(machineName === undefined ? {} : { machineName }) };
  const locks = new LockSet();
  try {
    const heads = await resolveChain(file, context, async (head) => {
      locks.add(await lockFile(head.path, 'reader', reason));
    });
    const device = new SessionDevice(new Chain(openLinks(heads, { context })));
    return {
      kind: 'engine',
      device,
      sizeBytes: device.sizeBytes,
      bus: heads.at(-1)?.state.controller,
      close: async () => {
        try {
          await device.close();
        } finally {
          await locks.release();
        }
      },
    };
  } catch (error) {
    await locks.release();
    throw error;
  }
}
