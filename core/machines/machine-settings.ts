import { resolve } from 'node:path';
import type { MachineSettings } from '../api/machines.ts';
import { RedoubtError } from '../base/redoubt-error.ts';
import { approveFile } from '../disk/parents/approvals.ts';
import { describeRedo } from '../disk/describe/describe-redo.ts';
import { discardRedoLog } from '../disk/discard.ts';
import { inspectChain } from '../disk/describe/inspect.ts';
import { keepAbandonedLog } from '../disk/session/abandoned-logs.ts';
import type { OpenContext } from '../disk/open-context.ts';
import { adopts } from './adoption.ts';
import { editConfiguration } from './configuration-file.ts';
import { writeCdrom } from './devices/cdrom.ts';
import { removeDisk, writeDisk, writeRedo, type ConfiguredDisk } from './devices/disk.ts';
import { writeNetwork } from './devices/network-adapter.ts';
import { writeSerialFile } from './devices/serial-port.ts';
import { absoluteFrom, writtenFrom, type MachineConfiguration } from './machine-configuration.ts';
import { keptRedo, namedRedo } from './waiting-changes.ts';
import type { VmxDocument } from './vmx/vmx-document.ts';

/** The configuration as the editor shows it. */
export function settingsOf(configuration: MachineConfiguration): MachineSettings {
  const { name, guestOs, memoryMb, network, backend, redoLogDir, whenPoweringOff, whenChangesWait, serialFile } =
    configuration;
  return {
    name,
    guestOs,
    memoryMb,
    network,
    backend,
    redoLogDir,
    whenPoweringOff,
    whenChangesWait,
    isoPath: configuration.cdrom?.isoPath,
    serialFile,
    disks: configuration.disks.map(({ slot, fileName, mode }) => ({ slot, fileName, mode })),
  };
}

/** What may be changed while the machine runs: everything that the next start does not depend on. */
export function isLockedChange(before: MachineSettings, after: MachineSettings): boolean {
  const fixed = (settings: MachineSettings): string =>
    JSON.stringify({ ...settings, name: '', whenPoweringOff: '', whenChangesWait: '' }, sortedKeys(settings));
  return fixed(before) !== fixed(after);
}

/**
 * Writes changed settings, all or none, in one replacement of the file. A kept redo log must be decided
 * about before its disk gets another file or mode (machine.decide-first), unless the new file is that log
 * or one nested on it: then it is adopted, and the configuration forgets it as a log in the same save.
 * Throws what inspecting a newly chosen file throws.
 */
export async function saveSettings(
  configuration: MachineConfiguration,
  wanted: MachineSettings,
  context: OpenContext,
): Promise<void> {
  await requireDisks(configuration, wanted, context);
  const forgotten: string[] = [];
  for (const disk of configuration.disks) {
    const after = wanted.disks.find((one) => one.slot === disk.slot);
    if (await isRedoLeftBehind(configuration, disk, after, context)) forgotten.push(disk.slot);
  }
  await editConfiguration(configuration.configPath, (document) => {
    apply(document, configuration, wanted, forgotten);
  });
}

/** A disk gets no file that could not be opened; choosing it approves it. Throws what inspectChain throws. */
async function requireDisks(
  configuration: MachineConfiguration,
  wanted: MachineSettings,
  context: OpenContext,
): Promise<void> {
  const { directory, disks } = configuration;
  for (const { slot, fileName } of wanted.disks) {
    const before = disks.find((disk) => disk.slot === slot);
    const chosen = absoluteFrom(directory, fileName);
    if (before !== undefined && absoluteFrom(directory, before.fileName) === chosen) continue;
    await inspectChain(chosen, { ...context, trustedPaths: [...(context.trustedPaths ?? []), chosen] });
    approveFile(chosen, context);
    await keepAbandonedLog(chosen);
  }
}

/** Whether the save must forget the disk's log. Throws machine.decide-first. */
async function isRedoLeftBehind(
  configuration: MachineConfiguration,
  disk: ConfiguredDisk,
  after: MachineSettings['disks'][number] | undefined,
  context: OpenContext,
): Promise<boolean> {
  const before = absoluteFrom(configuration.directory, disk.fileName);
  const chosen = after === undefined ? undefined : resolve(configuration.directory, after.fileName);
  const hasOtherFile = chosen !== before;
  if (!hasOtherFile && after?.mode === disk.mode) return false;
  const kept = keptRedo(configuration, disk);
  if (kept === undefined) {
    const disposable = namedRedo(configuration, disk);
    if (disposable !== undefined) await discardRedoLog({ redo: disposable, force: true, context });
    return disk.redo !== undefined && disk.redo !== '';
  }
  if (chosen !== undefined && hasOtherFile && (await adopts(chosen, kept, context))) return true;
  throw await decideFirst(disk, before, kept, hasOtherFile ? 'file' : 'mode', context);
}

/** The refusal that asks for a decision (P3). */
export async function decideFirst(
  disk: ConfiguredDisk,
  path: string,
  redo: string,
  what: 'file' | 'mode',
  context: OpenContext,
): Promise<RedoubtError<'machine.decide-first'>> {
  const allocatedBytes = await describeRedo(redo, context).then(
    (description) => description.allocatedBytes,
    () => 0,
  );
  const details = { slot: disk.slot, disk: path, redo, allocatedBytes, what };
  return new RedoubtError(
    'machine.decide-first',
    `The redo log ${redo} holds changes that nobody has decided about.`,
    details,
  );
}

function apply(
  document: VmxDocument,
  configuration: MachineConfiguration,
  wanted: MachineSettings,
  forgotten: readonly string[],
): void {
  const { directory } = configuration;
  const change = (name: string, before: string, after: string): void => {
    if (before !== after) document.set(name, after);
  };
  change('displayName', configuration.name, wanted.name.trim());
  change('guestOS', configuration.guestOs, wanted.guestOs);
  change('memsize', String(configuration.memoryMb), String(wanted.memoryMb));
  change('redoLogDir', configuration.redoLogDir, wanted.redoLogDir.trim());
  change('redoubt.whenPoweringOff', configuration.whenPoweringOff, wanted.whenPoweringOff);
  change('redoubt.whenChangesWait', configuration.whenChangesWait, wanted.whenChangesWait);
  if (configuration.backend !== wanted.backend) document.set('redoubt.backend', wanted.backend);
  writeNetwork(document, wanted.network);
  writeCdrom(document, blankIsNone(wanted.isoPath));
  writeSerialFile(document, blankIsNone(wanted.serialFile));
  for (const slot of forgotten) writeRedo(document, slot, undefined);
  for (const disk of configuration.disks) {
    if (!wanted.disks.some((one) => one.slot === disk.slot)) removeDisk(document, disk.slot);
  }
  for (const disk of wanted.disks) {
    const before = configuration.disks.find((one) => one.slot === disk.slot);
    // What was not changed may be changed by others now, as where the machine goes over to a copy.
    if (before?.fileName === disk.fileName && before.mode === disk.mode) continue;
    const fileName = before?.fileName === disk.fileName ? disk.fileName : writtenFrom(directory, disk.fileName);
    writeDisk(document, { ...disk, fileName });
    if (before === undefined && disk.slot.startsWith('scsi0')) document.set('scsi0.present', 'TRUE');
  }
}

function blankIsNone(text: string | undefined): string | undefined {
  return text === undefined || text.trim() === '' ? undefined : text.trim();
}

/** JSON of two settings may be compared when the order of keys is the same. */
function sortedKeys(settings: MachineSettings): string[] {
  return [...Object.keys(settings), 'slot', 'fileName', 'mode'].sort();
}
