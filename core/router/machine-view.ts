import { dirname } from 'node:path';
import type { DiskView, MachineView } from '../api/machines.ts';
import type { Home } from '../base/home.ts';
import { toWire } from '../base/redoubt-error.ts';
import { loadConfiguration } from '../machines/configuration-file.ts';
import type { LibraryEntry } from '../machines/library.ts';
import type { MachineConfiguration } from '../machines/machine-configuration.ts';
import type { MachineIndex } from '../machines/machine-index.ts';
import { machineContext } from '../machines/open-context.ts';
import { isAtRest } from '../machines/power-state.ts';
import { keptRedo } from '../machines/waiting-changes.ts';
import type { RunnerState } from '../runner/runner-contract.ts';
import type { BackendChoices } from './router-services.ts';
import { diskView } from './disk-view.ts';

/** What can change without a look at any file. */
export interface LiveFacts {
  readonly runner?: RunnerState | undefined;
  /** Why the last start failed, or that the runner died. */
  readonly problem?: MachineView['problem'];
  readonly jobId?: string | undefined;
  /** Somebody wants it on, and its runner has not said anything yet. */
  readonly isStarting?: boolean;
}

/** A machine as its files describe it, at rest. A configuration that can't be read is told in `problem`. */
export async function restingView(
  entry: LibraryEntry,
  index: MachineIndex,
  backends: BackendChoices,
  home: Home,
): Promise<MachineView> {
  const { id, configPath } = entry;
  let configuration: MachineConfiguration;
  try {
    configuration = loadConfiguration(configPath);
  } catch (error) {
    return unreadableView(id, configPath, error);
  }
  const context = machineContext(configuration, home, 'looking at the disks');
  const disks = await Promise.all(configuration.disks.map((disk) => diskView(configuration, disk, index, context)));
  return {
    id,
    name: configuration.name,
    configPath,
    directory: configuration.directory,
    guestOs: configuration.guestOs,
    memoryMb: configuration.memoryMb,
    network: configuration.network,
    backend: configuration.backend,
    effectiveBackend: await backends.effective(configuration.backend),
    power: 'off',
    disks,
    hasWaitingChanges: configuration.disks.some((disk) => keptRedo(configuration, disk) !== undefined),
    isDemo: configuration.isDemo,
  };
}

/** The same machine with what its runner says. */
export function liveView(resting: MachineView, { runner, problem, jobId, isStarting }: LiveFacts): MachineView {
  const view: MachineView = {
    ...resting,
    problem: problem ?? resting.problem,
    jobId,
    disks: resting.disks.map((disk) => withoutOwnJob(disk, jobId)),
  };
  const isBeforeRunner = runner === undefined || runner.power === 'off';
  if (isStarting === true && isBeforeRunner) return { ...view, power: 'starting', hasWaitingChanges: false };
  if (runner === undefined) return view;
  const isRunning = !isAtRest(runner.power);
  return {
    ...view,
    power: runner.power,
    paused: runner.paused,
    startedAt: runner.startedAt,
    effectiveBackend: runner.backend ?? view.effectiveBackend,
    question: runner.question,
    problem: runner.problem ?? view.problem,
    // A log in use is not a log that waits.
    hasWaitingChanges: !isRunning && view.hasWaitingChanges,
    disks: view.disks.map((disk) => {
      const live = runner.disks.find((one) => one.slot === disk.slot);
      if (live?.redo === undefined) return disk;
      const changedAt = disk.redo?.path === live.redo ? disk.redo.changedAt : Date.now();
      return { ...disk, redo: { path: live.redo, allocatedBytes: live.allocatedBytes, changedAt, isUnclean: false } };
    }),
  };
}

/** A commit that is at work is no interrupted one. */
function withoutOwnJob(disk: DiskView, jobId: string | undefined): DiskView {
  if (jobId === undefined || disk.problem?.code !== 'disk.commit-unfinished') return disk;
  return { ...disk, problem: undefined };
}

function unreadableView(id: string, configPath: string, error: unknown): MachineView {
  const file = configPath.slice(dirname(configPath).length + 1);
  return {
    id,
    name: file.replace(/\.(vmx|cfg)$/i, ''),
    configPath,
    directory: dirname(configPath),
    guestOs: 'other',
    memoryMb: 0,
    network: 'none',
    power: 'off',
    disks: [],
    hasWaitingChanges: false,
    isDemo: false,
    problem: toWire(error),
  };
}
