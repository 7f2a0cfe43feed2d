import { RedoubtError } from '../base/redoubt-error.ts';
import { createRedoLog } from '../disk/create/create-redo-log.ts';
import { findDependents } from '../disk/parents/dependents.ts';
import { describeRedo } from '../disk/describe/describe-redo.ts';
import { discardRedoLog } from '../disk/discard.ts';
import { inspectChain } from '../disk/describe/inspect.ts';
import type { OpenContext } from '../disk/open-context.ts';
import { finishRemoval } from '../disk/remove-link.ts';
import { removeAbandonedLogs } from '../disk/session/abandoned-logs.ts';
import type { SessionRequest } from '../disk/session/session.ts';
import { editConfiguration } from '../machines/configuration-file.ts';
import { writeRedo, type ConfiguredDisk, type RedoRecord } from '../machines/devices/disk.ts';
import { absoluteFrom, writtenFrom, type MachineConfiguration } from '../machines/machine-configuration.ts';
import type { MachineIndex } from '../machines/machine-index.ts';
import { decideFirst } from '../machines/machine-settings.ts';
import { plainRedoPath, redoLocation } from '../machines/redo-location.ts';
import { keptRedo, namedRedo } from '../machines/waiting-changes.ts';

export interface PreparationSubject {
  readonly machineId: string;
  readonly configuration: MachineConfiguration;
  readonly index: MachineIndex;
  readonly context: OpenContext;
}

export interface PreparedDisk {
  readonly slot: string;
  readonly request: SessionRequest;
}

export interface PreparedDisks {
  readonly disks: readonly PreparedDisk[];
  /** Removes the logs that were made and puts the configuration back: the start has failed. */
  undo(): Promise<void>;
}

/**
 * Makes a machine's disks ready for a session: judges modes, makes the logs that are needed, synced, and
 * only then saves their names in the configuration. All or nothing.
 *
 * Throws disk.read-only and disk.has-dependents (persistent), machine.decide-first (a log was kept and the
 * mode was changed by hand), disk.redo-taken, disk.journal-left, disk.redo-directory, and what inspecting the chain
 * throws.
 */
export async function prepareDisks(subject: PreparationSubject): Promise<PreparedDisks> {
  const { configuration } = subject;
  const disks: PreparedDisk[] = [];
  const made: string[] = [];
  const records = new Map<string, RedoRecord | undefined>();
  const undo = async (): Promise<void> => {
    for (const redo of made)
      await discardRedoLog({ redo, force: true, context: subject.context }).catch(() => undefined);
    await saveRecords(
      configuration,
      new Map(configuration.disks.map((disk) => [disk.slot, recordOf(disk, made, configuration)])),
    );
  };
  try {
    for (const disk of configuration.disks) {
      const leaf = await leafFor(subject, disk);
      if (leaf?.isNew === true) made.push(leaf.redo);
      records.set(disk.slot, leaf && newRecord(configuration, disk, leaf));
      disks.push({ slot: disk.slot, request: sessionRequest(subject, disk, leaf?.redo) });
    }
    await saveRecords(configuration, records);
  } catch (error) {
    // Why it failed is what the user has to hear; what is still named and gone counts as none.
    await undo().catch(() => undefined);
    throw error;
  }
  return { disks, undo };
}

/**
 * A log of the plain name that this machine made and its configuration does not know: we died before it was
 * named, or somebody has changed the configuration by hand. One that holds changes gets its name back, so
 * that the power-on question asks about it; returns whether there was one. An empty one is simply used.
 */
export async function nameLeftLogs(subject: PreparationSubject): Promise<boolean> {
  const { configuration, context, machineId } = subject;
  const records = new Map<string, RedoRecord>();
  for (const disk of configuration.disks) {
    const redoLogDir = (disk.redoLogDir ?? configuration.redoLogDir).trim();
    if (disk.mode !== 'undoable' || redoLogDir !== '' || namedRedo(configuration, disk) !== undefined) continue;
    const redo = plainRedoPath(absoluteFrom(configuration.directory, disk.fileName));
    const found = await describeRedo(redo, context).catch(() => undefined);
    if (found === undefined || found.owner !== machineId || found.isEmpty) continue;
    const written = writtenFrom(configuration.directory, redo);
    records.set(disk.slot, { redo: written, isDisposable: false, since: found.changedAt, sessions: 1 });
  }
  if (records.size > 0) await saveRecords(configuration, records);
  return records.size > 0;
}

/** A fresh log for a nonpersistent disk; the caller saves its name and lets the session go over to it. */
export async function freshNonpersistentRedo(
  { machineId, configuration, context }: PreparationSubject,
  disk: ConfiguredDisk,
): Promise<string> {
  return await makeRedo({ machineId, configuration, context }, disk);
}

/** Names logs in the configuration, in one replacement of the file. */
export async function saveRecords(
  configuration: MachineConfiguration,
  records: ReadonlyMap<string, RedoRecord | undefined>,
): Promise<void> {
  await editConfiguration(configuration.configPath, (document) => {
    for (const [slot, record] of records) writeRedo(document, slot, record);
  });
}

/** What the configuration says of a disk's log at the start of a session. */
export function newRecord(
  configuration: MachineConfiguration,
  disk: ConfiguredDisk,
  leaf: { redo: string; isNew: boolean },
): RedoRecord {
  const written = writtenFrom(configuration.directory, leaf.redo);
  const isDisposable = disk.mode === 'nonpersistent';
  if (leaf.isNew) return { redo: written, isDisposable, since: Date.now(), sessions: 1 };
  return {
    redo: disk.redo ?? written,
    isDisposable,
    since: disk.redoSince ?? Date.now(),
    sessions: disk.redoSessions + 1,
  };
}

/** The log that takes the disk's writes; none for a persistent one. */
async function leafFor(
  subject: PreparationSubject,
  disk: ConfiguredDisk,
): Promise<{ redo: string; isNew: boolean } | undefined> {
  const { configuration, context } = subject;
  const path = absoluteFrom(configuration.directory, disk.fileName);
  // What a configuration names is wanted; its own disposable log goes below.
  await removeAbandonedLogs(path, { owner: subject.machineId, kept: subject.index.searchPaths(), context });
  const kept = keptRedo(configuration, disk);
  if (kept !== undefined && disk.mode === 'undoable') {
    // Whoever has made another machine's disk of it would find it changed.
    await requireNoDependents(subject, kept, `${kept} takes the changes of this machine`);
    return { redo: kept, isNew: false };
  }
  if (kept !== undefined) throw await decideFirst(disk, path, kept, 'mode', context);
  await finishOwnRemoval(configuration, disk);
  const stale = namedRedo(configuration, disk);
  if (stale !== undefined) await discardRedoLog({ redo: stale, force: true, context });
  if (disk.mode === 'persistent') {
    await requireOwnDisk(subject, path);
    return undefined;
  }
  return await makeOrTakeBackRedo(subject, disk, path);
}

/** A log whose removal a crash has cut off is gone by its name, and its bytes are still there. */
async function finishOwnRemoval(configuration: MachineConfiguration, disk: ConfiguredDisk): Promise<void> {
  if (disk.redo === undefined) return;
  try {
    await finishRemoval(absoluteFrom(configuration.directory, disk.redo));
  } catch (error) {
    // What can't be removed is in nobody's way.
    if (!(error instanceof RedoubtError)) throw error;
  }
}

/** Writing straight to a disk that is protected, or that others hang from, would break them. */
async function requireOwnDisk(subject: PreparationSubject, file: string): Promise<void> {
  const { index, context } = subject;
  const { links } = await inspectChain(file, context);
  if (links[0]?.isReadOnly === true) {
    const dependents = index.named(await findDependents(file, { searchPaths: index.searchPaths() }));
    throw new RedoubtError('disk.read-only', `${file} is read-only, and a persistent disk writes to it.`, {
      file,
      dependents,
    });
  }
  await requireNoDependents(subject, file, 'a persistent disk writes to it');
}

/** Throws disk.has-dependents. */
async function requireNoDependents({ index }: PreparationSubject, file: string, why: string): Promise<void> {
  const dependents = index.named(await findDependents(file, { searchPaths: index.searchPaths() }));
  if (dependents.length === 0) return;
  const message = `Other redo logs hang from ${file}, and ${why}.`;
  throw new RedoubtError('disk.has-dependents', message, { file, dependents });
}

/**
 * A new log. Where its plain name exists and the file is our own (we died between making and naming it), it
 * is taken back; where it is another machine's, that machine is named.
 */
async function makeOrTakeBackRedo(
  subject: PreparationSubject,
  disk: ConfiguredDisk,
  path: string,
): Promise<{ redo: string; isNew: boolean }> {
  try {
    return { redo: await makeRedo(subject, disk), isNew: true };
  } catch (error) {
    if (!(error instanceof RedoubtError && error.is('disk.redo-taken'))) throw error;
    const redo = plainRedoPath(path);
    const owner = await describeRedo(redo, subject.context).then(
      (one) => one.owner,
      () => undefined,
    );
    if (owner === subject.machineId) {
      await requireNoDependents(subject, redo, `${redo} is to take the changes of this machine`);
      return { redo, isNew: false };
    }
    const users = subject.index.usersOf(redo);
    const machine = users[0] ?? subject.index.machines.find((one) => one.id === owner);
    const details = {
      ...error.details,
      ...(owner === undefined ? {} : { owner }),
      ...(machine === undefined ? {} : { machineName: machine.configuration.name }),
    };
    throw new RedoubtError('disk.redo-taken', error.message, details, { cause: error });
  }
}

async function makeRedo(
  { machineId, configuration, context }: Omit<PreparationSubject, 'index'>,
  disk: ConfiguredDisk,
): Promise<string> {
  const redoLogDir = disk.redoLogDir ?? configuration.redoLogDir;
  const { directory, hasRandomSuffix } = redoLocation({
    mode: disk.mode,
    redoLogDir,
    configDirectory: configuration.directory,
  });
  const { file } = await createRedoLog({
    parent: absoluteFrom(configuration.directory, disk.fileName),
    ...(directory === undefined ? {} : { directory }),
    randomSuffix: hasRandomSuffix,
    owner: machineId,
    context,
  });
  return file;
}

function sessionRequest(
  { machineId, configuration, context }: PreparationSubject,
  disk: ConfiguredDisk,
  redo: string | undefined,
): SessionRequest {
  const file = absoluteFrom(configuration.directory, disk.fileName);
  return { file, mode: disk.mode, ...(redo === undefined ? {} : { redo }), owner: machineId, context };
}

/** What the configuration said before, unless that log is gone by our own hand. */
function recordOf(
  disk: ConfiguredDisk,
  made: readonly string[],
  configuration: MachineConfiguration,
): RedoRecord | undefined {
  const named = namedRedo(configuration, disk);
  if (disk.redo === undefined || named === undefined || made.includes(named)) return undefined;
  return {
    redo: disk.redo,
    isDisposable: disk.isRedoDisposable,
    since: disk.redoSince ?? Date.now(),
    sessions: Math.max(1, disk.redoSessions),
  };
}
