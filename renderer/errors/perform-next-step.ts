import { assertNever } from '../assert.ts';
import { openDialog, showError, type ErrorContext } from '../stores/dialogs.ts';
import { useMachines } from '../stores/machines.ts';
import { selectMachine } from '../stores/selection.ts';
import { asRedoubtError, client } from '../transport/client.ts';
import { fileName } from '../words/file-name.ts';
import type { NextStep } from './next-step.ts';
import { t } from './words.ts';

/** Whether the moment has what the step needs. Steps that can't be taken are not offered. */
export function canPerform(step: NextStep, context: ErrorContext): boolean {
  switch (step.kind) {
    case 'retry':
      return context.retry !== undefined;
    case 'open-settings':
    case 'use-machine-folder':
    case 'switch-to-undoable':
    case 'use-built-in-emulator':
      return context.machineId !== undefined;
    case 'use-file':
      return context.useFile !== undefined;
    case 'resume-commit':
      return findSlot(step.child) !== undefined;
    case 'switch-to-machine':
      return useMachines.getState().machines.some((machine) => machine.name === step.name);
    case 'create-folder':
    case 'make-writable':
    case 'approve':
    case 'break-lock':
    case 'reload':
      return true;
    default:
      return assertNever(step);
  }
}

/** The words on the step's button. */
export function stepLabel(step: NextStep): string {
  if (step.kind === 'use-file') return t('step.use-file', { file: fileName(step.path) });
  if (step.kind === 'approve') return t('step.approve', { file: fileName(step.path) });
  if (step.kind === 'switch-to-machine') return t('step.switch-to-machine', { vm: step.name });
  return t(`step.${step.kind}`);
}

/** Takes the step, then tries again what failed where that is the point of it. A new failure is shown. */
export async function performNextStep(step: NextStep, context: ErrorContext): Promise<void> {
  try {
    await take(step, context);
  } catch (thrown) {
    showError(asRedoubtError(thrown), context);
  }
}

async function take(step: NextStep, context: ErrorContext): Promise<void> {
  switch (step.kind) {
    case 'retry':
      context.retry?.();
      return;
    case 'open-settings':
      if (context.machineId !== undefined)
        openDialog({ kind: 'settings', machineId: context.machineId, panel: step.panel });
      return;
    case 'use-machine-folder':
      await changeSettings(context, (settings) => ({ ...settings, redoLogDir: '.' }));
      return;
    case 'switch-to-undoable':
      await changeSettings(context, (settings) => ({
        ...settings,
        // A protected disk is shared or about to be: its redo logs belong in the machines' own folders.
        redoLogDir: settings.redoLogDir === '' ? '.' : settings.redoLogDir,
        disks: settings.disks.map((disk) =>
          disk.mode === 'persistent' ? { ...disk, mode: 'undoable' as const } : disk,
        ),
      }));
      return;
    case 'use-built-in-emulator':
      await changeSettings(context, (settings) => ({ ...settings, backend: 'v86' as const }));
      return;
    case 'create-folder':
      await client().machines.createFolder({ path: step.path });
      context.retry?.();
      return;
    case 'make-writable':
      await client().disks.unprotect({ path: step.path });
      context.retry?.();
      return;
    case 'approve':
      await client().disks.approve({ path: step.path });
      context.retry?.();
      return;
    case 'break-lock':
      await client().disks.breakLock({ file: step.file, token: step.token });
      context.retry?.();
      return;
    case 'use-file':
      context.useFile?.(step.path);
      return;
    case 'resume-commit': {
      const place = findSlot(step.child);
      if (place !== undefined) await client().machines.resumeCommit(place);
      return;
    }
    case 'switch-to-machine': {
      const machine = useMachines.getState().machines.find((candidate) => candidate.name === step.name);
      if (machine !== undefined) selectMachine(machine.id);
      return;
    }
    case 'reload':
      window.location.reload();
      return;
    default:
      assertNever(step);
  }
}

type Settings = Awaited<ReturnType<ReturnType<typeof client>['machines']['settings']>>;

async function changeSettings(context: ErrorContext, change: (settings: Settings) => Settings): Promise<void> {
  if (context.machineId === undefined) return;
  const settings = await client().machines.settings({ id: context.machineId });
  await client().machines.saveSettings({ id: context.machineId, settings: change(settings) });
  context.retry?.();
}

/** Where the redo log of an interrupted commit is known: as a machine's own log. */
function findSlot(redo: string): { id: string; slot: string } | undefined {
  for (const machine of useMachines.getState().machines) {
    const disk = machine.disks.find((candidate) => candidate.redo?.path === redo || candidate.path === redo);
    if (disk !== undefined) return { id: machine.id, slot: disk.slot };
  }
  return undefined;
}
