import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import type { Decision } from '../api/machines.ts';
import { discardRedoLog } from '../disk/discard.ts';
import { identifyFile } from '../disk/describe/identify.ts';
import type { OpenContext } from '../disk/open-context.ts';
import { isThere } from '../base/is-there.ts';
import { RedoubtError } from '../base/redoubt-error.ts';
import { goOverToCopy, isCopyMade, isCopyRow, isLeftByCopy, requireLoneLog, requireNewDisk } from './copied-disk.ts';
import { editConfiguration, loadConfiguration } from './configuration-file.ts';
import { readDecisions, writeDecisions, type DecisionRow } from './decision-file.ts';
import { writeRedo } from './devices/disk.ts';
import { absoluteFrom, type MachineConfiguration } from './machine-configuration.ts';
import { isMachineRunning } from './machine-lock.ts';
import type { MachineIndex } from './machine-index.ts';
import { keptRedo, mayBeAway, strangersRedo } from './waiting-changes.ts';

export interface Answer {
  readonly slot: string;
  readonly answer: Decision;
  /** For a commit: what becomes of other logs that hang from the parent. */
  readonly dependents?: 'preserve' | 'break' | undefined;
  /** For a commit: first file of a new disk that takes the content; from the machine's folder or absolute. */
  readonly copyTo?: string | undefined;
}

/** Answers and the logs that they are about, as those were when they were given. */
export interface Decisions {
  readonly slots: readonly string[];
  readonly rows: readonly DecisionRow[];
}

/**
 * Takes answers for what lies there now: to be called before anything is waited for, because a log that was written
 * since the answer is not the one that was meant. Slots without a log that waits are left out. Throws what reading
 * the logs' headers throws, and disk.exists or disk.bad-name for a copy.
 */
export function takeDecisions(configuration: MachineConfiguration, answers: readonly Answer[]): Decisions {
  const rows: DecisionRow[] = [];
  for (const { slot, answer, dependents, copyTo: named } of answers) {
    const disk = configuration.disks.find((one) => one.slot === slot);
    const redo = disk && keptRedo(configuration, disk);
    if (redo === undefined || answer === 'keep') continue;
    const copyTo = named === undefined ? undefined : absoluteFrom(configuration.directory, named);
    if (copyTo !== undefined) requireNewDisk(copyTo);
    rows.push({
      slot,
      redo,
      answer,
      ...(dependents === undefined ? {} : { dependents }),
      ...(copyTo === undefined ? {} : { copyTo, copyLinkId: randomBytes(16).toString('hex') }),
      // One on a drive that is away can be given up; should it come back, it is not the one that was meant.
      ...(answer === 'discard' && !isThere(redo) ? {} : identityOf(redo)),
    });
  }
  return { slots: answers.map(({ slot }) => slot), rows };
}

/** The logs of the power-off question as they are when it is asked. Throws what reading the logs' headers throws. */
export function takeAsked(configuration: MachineConfiguration): Decisions {
  const asked = configuration.disks.filter(({ mode }) => mode === 'undoable');
  return takeDecisions(
    configuration,
    asked.map(({ slot }) => ({ slot, answer: 'discard' })),
  );
}

/** Whether answers speak of the very logs that `asked` was taken of. */
export function areOfSameLogs(given: Decisions, asked: Decisions): boolean {
  return given.rows.every(({ slot, redo, linkId, contentId }) =>
    asked.rows.some(
      (row) => row.slot === slot && row.redo === redo && row.linkId === linkId && row.contentId === contentId,
    ),
  );
}

/** Writes answers down, synced, before anything of them happens; throws as `takeDecisions`, and then nothing is written. */
export function recordDecisions(configuration: MachineConfiguration, answers: readonly Answer[]): void {
  recordTaken(configuration, takeDecisions(configuration, answers));
}

/** The same for answers that were taken before the machine was waited for. */
export function recordTaken({ configPath }: MachineConfiguration, { slots, rows }: Decisions): void {
  // What was decided about other disks and is not carried out yet still holds.
  const others = readDecisions(configPath).filter((row) => !slots.includes(row.slot));
  writeDecisions(configPath, [...others, ...rows]);
}

/** Thrown by a carrier whose process ends before the work: the row stays on the list. */
export class DecisionPostponed extends Error {
  override readonly name = 'DecisionPostponed';
}

/** Carries one commit to its end, or makes the copy that the row names; rejects with what commitRedoLog throws, or with DecisionPostponed. */
export type CommitCarrier = (row: DecisionRow, context: OpenContext) => Promise<void>;

/**
 * Carries out what is written down, row by row, and takes each row off the list when it is done and the
 * configuration no longer names its log. Running it again after a crash at any point goes on from there.
 *
 * `commit` absent: rows that commit stay on the list for somebody who can.
 * A row that is refused (the base is read-only, others depend on it, another machine of `index` has the log as
 * its disk) becomes a keep; the refusal is thrown
 * when the other rows are done.
 */
export async function carryOutDecisions(
  configPath: string,
  context: OpenContext,
  index: MachineIndex,
  commit?: CommitCarrier,
): Promise<void> {
  const rows = readDecisions(configPath);
  if (rows.length === 0) return;
  const configuration = loadConfiguration(configPath);
  let refusal: { error: unknown } | undefined;
  for (const row of rows) {
    if (row.answer === 'commit' && commit === undefined) continue;
    try {
      if (isOwnRow(configuration, row) && isStillMeant(row)) {
        refuseDiskOfOthers(row, index.again());
        if (isCopyRow(row)) await requireLoneLog(row, context);
        if (!isCopyRow(row) || !isCopyMade(row, index.again())) await act(row, configuration, context, commit);
        if (isCopyRow(row)) {
          await goOverToCopy(loadConfiguration(configPath), row, context);
          await discardCopied(row, index, context);
        } else await forgetRedo(configPath, row);
      } else if (isLeftByCopy(configuration, row) && isStillMeant(row)) {
        await discardCopied(row, index, context);
      }
    } catch (error) {
      if (error instanceof DecisionPostponed) return;
      refusal ??= { error };
    }
    writeDecisions(
      configPath,
      readDecisions(configPath).filter((one) => one.slot !== row.slot),
    );
  }
  if (refusal !== undefined) throw refusal.error;
}

/** A copy takes long enough for others to have made the log their disk. */
async function discardCopied(row: DecisionRow, index: MachineIndex, context: OpenContext): Promise<void> {
  refuseDiskOfOthers(row, index.again());
  await discardRedoLog({ redo: row.redo, context, force: true });
}

/**
 * A log that is gone was dealt with before a crash: what is left to do is the configuration. One on a drive
 * that is away is not gone.
 */
async function act(
  row: DecisionRow,
  configuration: MachineConfiguration,
  context: OpenContext,
  commit: CommitCarrier | undefined,
): Promise<void> {
  try {
    // Also where its parent is gone or has changed: it was asked for, and the log is of no use to anybody.
    if (row.answer === 'discard') await discardRedoLog({ redo: row.redo, context, force: true });
    if (row.answer === 'commit') await commit?.(row, context);
  } catch (error) {
    const isNotThere = error instanceof RedoubtError && error.is('disk.not-found') && error.details.file === row.redo;
    if (!isNotThere || !isThere(dirname(row.redo))) throw error;
    const disk = configuration.disks.find((one) => one.slot === row.slot);
    if (row.answer === 'commit' && disk !== undefined && mayBeAway(configuration, disk, row.redo)) throw error;
  }
}

/**
 * A log can be the disk of another machine that has not written a log of its own over it yet: the engine sees
 * nobody there, but removing it would take that machine's disk away.
 */
function refuseDiskOfOthers({ redo }: DecisionRow, index: MachineIndex): void {
  if (!isThere(redo)) return;
  const users = index.machinesOn(redo);
  if (users.length === 0) return;
  const dependents = users.map(({ id, configuration }) => ({
    path: redo,
    machineId: id,
    machineName: configuration.name,
    isRunning: isMachineRunning(configuration.configPath),
  }));
  throw new RedoubtError('disk.has-dependents', `${redo} is the disk of another machine.`, { file: redo, dependents });
}

/** Whether decisions are written down that nobody has carried out. */
export function hasOpenDecisions(configPath: string): boolean {
  return readDecisions(configPath).length > 0;
}

/**
 * The configuration names this very log, and no other machine made it. A list of decisions may have been
 * copied with its folder, or come from a stranger: what it says of other logs is nothing to us.
 */
function isOwnRow(configuration: MachineConfiguration, row: DecisionRow): boolean {
  const disk = configuration.disks.find((one) => one.slot === row.slot);
  if (disk?.redo === undefined) return false;
  return (
    absoluteFrom(configuration.directory, disk.redo) === row.redo && strangersRedo(configuration, disk) === undefined
  );
}

/** The log is the one that was decided about, or is gone already; then only the configuration is left to do. */
function isStillMeant(row: DecisionRow): boolean {
  try {
    const now = identityOf(row.redo);
    return now.linkId === row.linkId && now.contentId === row.contentId;
  } catch (error) {
    // Gone, or half removed, or half committed: what removes or commits it knows better.
    if (error instanceof RedoubtError) return true;
    throw error;
  }
}

/** From the log's own header: what has become of its parent is no matter. */
function identityOf(redo: string): { linkId?: string; contentId?: string } {
  const identity = identifyFile(redo);
  if (identity.kind !== 'redo-log') return {};
  return {
    ...(identity.linkId === undefined ? {} : { linkId: identity.linkId }),
    ...(identity.contentId === undefined ? {} : { contentId: identity.contentId }),
  };
}

async function forgetRedo(configPath: string, row: DecisionRow): Promise<void> {
  const configuration = loadConfiguration(configPath);
  const disk = configuration.disks.find((one) => one.slot === row.slot);
  const named = disk?.redo === undefined ? undefined : absoluteFrom(configuration.directory, disk.redo);
  if (named !== row.redo) return;
  await editConfiguration(configPath, (document) => {
    writeRedo(document, row.slot, undefined);
  });
}
