import { existsSync, rmSync, statfsSync, type StatsFs } from 'node:fs';
import { tmpdir } from 'node:os';
import { asFileError } from '../../base/file-error.ts';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { createRedoLog } from '../../disk/create/create-redo-log.ts';
import { discardRedoLog } from '../../disk/discard.ts';
import { inspectChain } from '../../disk/describe/inspect.ts';
import type { OpenContext } from '../../disk/open-context.ts';
import { settleChain } from '../../disk/commit/settle.ts';
import { makePrivateFolder } from '../../disk/session/private-folder.ts';
import type { ServeOptions } from './serve.ts';

/** The log that takes the writes of a served disk. */
export interface ChosenLog {
  readonly file: string;
  /** Serving failed before it began: a log that was made for it goes. */
  undo(): Promise<void>;
  /** The session is over. */
  cleanUp(): void;
}

/** tmpfs and ramfs, from statfs(2). */
const memoryFileSystems = new Set([0x01021994, 0x858458f6]);

/**
 * Finds or makes the log. Undoable: the one that was named; with a folder a new one there; else
 * `FILE.REDO`, which is gone on with if it is there and nobody owns it. Nonpersistent: always a new one, in
 * the folder or in a private one below the temporary.
 */
export async function chooseRedoLog(
  file: string,
  options: ServeOptions,
  context: OpenContext,
): Promise<ChosenLog | undefined> {
  const { mode, redo, redoDir } = options;
  if (mode === 'persistent') return undefined;
  if (redo !== undefined) return kept(redo);
  if (redoDir !== undefined) return made(file, redoDir, context);
  if (mode === 'nonpersistent') return madeInPrivateFolder(file, context);
  // A kept log that is committed all but its removal is none to go on with.
  await settleChain(file, context);
  const { links } = await inspectChain(file, context);
  const wanted = `${links[0]?.path ?? file}.REDO`;
  // Opening it finds out whose it is.
  return existsSync(wanted) ? kept(wanted) : made(file, undefined, context);
}

function kept(file: string): ChosenLog {
  return { file, undo: () => Promise.resolve(), cleanUp: () => undefined };
}

async function made(parent: string, directory: string | undefined, context: OpenContext): Promise<ChosenLog> {
  const { file } = await createRedoLog({
    parent,
    ...(directory === undefined ? {} : { directory }),
    randomSuffix: directory !== undefined,
    context,
  });
  return {
    file,
    undo: async () => {
      if (existsSync(file)) await discardRedoLog({ redo: file, context, force: true });
    },
    cleanUp: () => undefined,
  };
}

async function madeInPrivateFolder(parent: string, context: OpenContext): Promise<ChosenLog> {
  const { capacityBytes } = await inspectChain(parent, context);
  checkRoom(tmpdir(), capacityBytes);
  const folder = makePrivateFolder();
  const cleanUp = () => {
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const log = await made(parent, folder, context);
    return {
      file: log.file,
      undo: async () => {
        await log.undo();
        cleanUp();
      },
      cleanUp,
    };
  } catch (error) {
    cleanUp();
    throw error;
  }
}

/** A RAM disk that fills up takes the whole host with it, so there all that the guest could write must fit. */
function checkRoom(folder: string, capacityBytes: number): void {
  const { type, bavail, bsize } = statusOfFileSystem(folder);
  const freeBytes = bavail * bsize;
  if (!memoryFileSystems.has(type >>> 0) || freeBytes >= capacityBytes) return;
  throw new RedoubtError(
    'disk.no-space',
    `${folder} lies in memory and has no room for the redo log; name a folder with --redo-dir.`,
    {
      file: folder,
      needBytes: capacityBytes,
      freeBytes,
    },
  );
}

function statusOfFileSystem(folder: string): StatsFs {
  try {
    return statfsSync(folder);
  } catch (error) {
    throw asFileError(error, folder, 'look at');
  }
}
