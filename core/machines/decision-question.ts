import type { PowerOffQuestion } from '../api/machines.ts';
import { RedoubtError, toWire } from '../base/redoubt-error.ts';
import { findDependents } from '../disk/parents/dependents.ts';
import { describeRedo } from '../disk/describe/describe-redo.ts';
import { forecastCommit } from '../disk/commit/forecast-commit.ts';
import type { OpenContext } from '../disk/open-context.ts';
import type { ConfiguredDisk } from './devices/disk.ts';
import { absoluteFrom, type MachineConfiguration } from './machine-configuration.ts';
import type { MachineIndex } from './machine-index.ts';
import { keptRedo } from './waiting-changes.ts';

type QuestionDisk = PowerOffQuestion['disks'][number];

export interface QuestionSubject {
  readonly machineId: string;
  readonly configuration: MachineConfiguration;
  readonly index: MachineIndex;
  readonly context: OpenContext;
}

/**
 * The power-off question: a row for each disk whose log somebody must decide about, empty logs too.
 * `undefined` if there is none. Throws what describeRedo throws.
 */
export async function powerOffQuestion(subject: QuestionSubject): Promise<PowerOffQuestion | undefined> {
  const { machineId, configuration } = subject;
  const disks: QuestionDisk[] = [];
  for (const disk of configuration.disks) {
    const redo = disk.mode === 'undoable' ? keptRedo(configuration, disk) : undefined;
    if (redo !== undefined) disks.push(await questionRow(subject, disk, redo));
  }
  return disks.length === 0 ? undefined : { machineId, machineName: configuration.name, disks };
}

async function questionRow(
  { configuration, index, context }: QuestionSubject,
  disk: ConfiguredDisk,
  redo: string,
): Promise<QuestionDisk> {
  const description = await describeRedo(redo, context);
  const searched = { searchPaths: index.searchPaths(), except: [redo] };
  const dependents = index.named(await findDependents(description.parent, searched));
  const forecast = await forecastCommit(redo, context);
  const problem = forecast.problem ?? dependentsProblem(description.parent, dependents);
  return {
    slot: disk.slot,
    disk: absoluteFrom(configuration.directory, disk.fileName),
    redo,
    parent: description.parent,
    changedBytes: description.allocatedBytes,
    isEmpty: description.isEmpty,
    since: disk.redoSince ?? description.changedAt,
    sessions: Math.max(1, disk.redoSessions),
    dependents: dependents.map(({ path, machineName, isRunning }) => ({ path, machineName, isRunning })),
    ...(problem === undefined ? {} : { commitProblem: toWire(withNames(problem, dependents)) }),
    needBytes: forecast.needBytes,
    freeBytes: forecast.freeBytes,
  };
}

/** Also logs that only the library knows keep a commit from happening. */
function dependentsProblem(parent: string, dependents: ReturnType<MachineIndex['named']>): RedoubtError | undefined {
  if (dependents.length === 0) return undefined;
  return new RedoubtError('disk.has-dependents', `Other redo logs hang from ${parent}.`, { file: parent, dependents });
}

/** The engine knows paths; people know machines. */
export function withNames(error: RedoubtError, dependents: ReturnType<MachineIndex['named']>): RedoubtError {
  if (error.is('disk.has-dependents') || error.is('disk.read-only')) {
    return new RedoubtError(error.code, error.message, { ...error.details, dependents }, { cause: error });
  }
  return error;
}
