import type { DiskView } from '../api/machines.ts';
import { RedoubtError, toWire } from '../base/redoubt-error.ts';
import { findDependents } from '../disk/parents/dependents.ts';
import { describeRedo } from '../disk/describe/describe-redo.ts';
import { inspectChain } from '../disk/describe/inspect.ts';
import type { OpenContext } from '../disk/open-context.ts';
import { unfinishedCommit } from '../disk/commit/settle.ts';
import type { ConfiguredDisk } from '../machines/devices/disk.ts';
import { absoluteFrom, type MachineConfiguration } from '../machines/machine-configuration.ts';
import type { MachineIndex } from '../machines/machine-index.ts';
import { namedRedo, strangersRedo } from '../machines/waiting-changes.ts';

/** One disk of a machine as the window shows it, read from headers. What can't be read is told in `problem`. */
export async function diskView(
  configuration: MachineConfiguration,
  disk: ConfiguredDisk,
  index: MachineIndex,
  context: OpenContext,
): Promise<DiskView> {
  const path = absoluteFrom(configuration.directory, disk.fileName);
  const redo = namedRedo(configuration, disk);
  const view: DiskView = { slot: disk.slot, fileName: disk.fileName, path, mode: disk.mode, dependentCount: 0 };
  try {
    const { capacityBytes, links } = await inspectChain(path, context);
    view.capacityBytes = capacityBytes;
    view.chain = links.map((link) => ({ path: link.path, isReadOnly: link.isReadOnly }));
    view.allocatedBytes = links[0]?.allocatedBytes;
    view.fileCount = links[0]?.files.length;
    view.isProtected = links[0]?.isReadOnly;
    const except = redo === undefined ? [] : [redo];
    view.dependentCount = (await findDependents(path, { searchPaths: index.searchPaths(), except })).length;
  } catch (error) {
    view.problem = toWire(error);
  }
  if (redo !== undefined) await addRedo(view, redo, context);
  const strangers = strangersRedo(configuration, disk);
  if (strangers !== undefined) {
    const machineName = index.usersOf(strangers.file).find((one) => one.id === strangers.owner)?.configuration.name;
    const details = { ...strangers, ...(machineName === undefined ? {} : { machineName }) };
    const message = `${strangers.file} belongs to another machine.`;
    view.problem ??= toWire(new RedoubtError('disk.redo-taken', message, details));
  }
  return view;
}

async function addRedo(view: DiskView, redo: string, context: OpenContext): Promise<void> {
  try {
    const { allocatedBytes, changedAt, isUnclean, parent } = await describeRedo(redo, context);
    view.redo = { path: redo, allocatedBytes, changedAt, isUnclean };
    const unfinished = unfinishedCommit(parent);
    if (unfinished === undefined) return;
    const message = `The commit of ${unfinished.child} into ${parent} was interrupted.`;
    view.problem ??= toWire(new RedoubtError('disk.commit-unfinished', message, unfinished));
  } catch (error) {
    view.redo = { path: redo, allocatedBytes: 0, changedAt: 0, isUnclean: false, isOutOfReach: true };
    view.problem ??= toWire(error);
  }
}
