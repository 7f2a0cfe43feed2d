import { Fragment, type ReactNode } from 'react';
import type { Dependent } from '../../../core/api/errors.ts';
import { assertNever } from '../../assert.ts';
import { commitQuestion } from '../../calls/decide-waiting.ts';
import { openMachineFile } from '../../calls/open-machine.ts';
import { closeDialog, useDialogs, type CommitQuestion, type OpenDialog } from '../../stores/dialogs.ts';
import { findMachine } from '../../stores/machines.ts';
import { AboutDialog } from '../about/about-dialog.tsx';
import { PreferencesDialog } from '../about/preferences-dialog.tsx';
import { ShortcutsDialog } from '../about/shortcuts-dialog.tsx';
import { PickerDialog } from '../disk-picker/picker-dialog.tsx';
import { WizardDialog } from '../new-machine/wizard-dialog.tsx';
import { PowerOffQuestions } from '../power-off/power-off-questions.tsx';
import { DecideFirstDialog } from '../power-on/decide-first-dialog.tsx';
import { PowerOnDialog } from '../power-on/power-on-dialog.tsx';
import { ProtectedBaseDialog } from '../power-on/protected-base-dialog.tsx';
import { SettingsDialog } from '../settings/settings-dialog.tsx';
import { BreakDependentsDialog } from './break-dependents-dialog.tsx';
import { CommitCopyDialog } from './commit-copy-dialog.tsx';
import { CommitDependentsDialog } from './commit-dependents-dialog.tsx';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { DeleteMachineDialog } from './delete-machine-dialog.tsx';
import { ErrorDialog } from './error-dialog.tsx';
import { UnprotectDialog } from './unprotect-dialog.tsx';
import { CommitWaitingDialog, DiscardWaitingDialog } from './waiting-dialogs.tsx';

/** Draws every open dialog, the topmost last, and the questions that machines ask by themselves. */
export function DialogHost() {
  const stack = useDialogs((state) => state.stack);
  return (
    <>
      <PowerOffQuestions />
      {stack.map((dialog) => (
        <Fragment key={dialog.key}>{draw(dialog)}</Fragment>
      ))}
    </>
  );
}

function draw(dialog: OpenDialog): ReactNode {
  const onClose = () => {
    closeDialog(dialog.key);
  };
  switch (dialog.kind) {
    case 'new-machine':
      return <WizardDialog basePath={dialog.basePath} onClose={onClose} />;
    case 'settings':
      return <SettingsDialog machineId={dialog.machineId} panel={dialog.panel} onClose={onClose} />;
    case 'pick-file':
      return <PickerDialog request={dialog.request} onClose={onClose} />;
    case 'open-machine':
      return <OpenMachine onClose={onClose} />;
    case 'power-on-question':
      return <PowerOnDialog machineId={dialog.machineId} error={dialog.error} onClose={onClose} />;
    case 'decide-first':
      return (
        <DecideFirstDialog
          machineId={dialog.machineId}
          error={dialog.error}
          onDecided={dialog.onDecided}
          onClose={onClose}
        />
      );
    case 'commit-dependents':
      return <CommitDependentsDialog machineId={dialog.machineId} question={dialog.question} onClose={onClose} />;
    case 'break-dependents':
      return <BreakDependentsDialog question={dialog.question} onClose={onClose} />;
    case 'commit-copy':
      return <CommitCopyDialog copy={dialog.copy} onClose={onClose} />;
    case 'commit-waiting':
      return <CommitWaitingDialog machineId={dialog.machineId} slot={dialog.slot} onClose={onClose} />;
    case 'discard-waiting':
      return <DiscardWaitingDialog machineId={dialog.machineId} slot={dialog.slot} onClose={onClose} />;
    case 'delete-machine':
      return <DeleteMachineDialog machineId={dialog.machineId} onClose={onClose} />;
    case 'unprotect':
      return (
        <UnprotectDialog path={dialog.path} dependents={dialog.dependents} perform={dialog.perform} onClose={onClose} />
      );
    case 'confirm':
      return <ConfirmDialog confirmation={dialog.confirmation} onClose={onClose} />;
    case 'error':
      return drawError(dialog, onClose);
    case 'preferences':
      return <PreferencesDialog onClose={onClose} />;
    case 'shortcuts':
      return <ShortcutsDialog onClose={onClose} />;
    case 'about':
      return <AboutDialog onClose={onClose} />;
    default:
      return assertNever(dialog);
  }
}

/** Refusals for the sake of others have questions of their own; every other error is told. */
function drawError({ error, context = {} }: OpenDialog & { kind: 'error' }, onClose: () => void): ReactNode {
  const { machineId } = context;
  const isAboutOthers =
    (error.is('disk.read-only') || error.is('disk.has-dependents')) && error.details.dependents.length > 0;
  if (machineId === undefined || !isAboutOthers)
    return <ErrorDialog error={error} context={context} onClose={onClose} />;
  const { file, dependents } = error.details;
  // A persistent disk wanted to start on the base; otherwise it was a commit that would have changed it.
  const wantsToWrite =
    findMachine(machineId)?.disks.some((disk) => disk.mode === 'persistent' && disk.path === file) === true;
  if (wantsToWrite) return <ProtectedBaseDialog error={error} context={{ ...context, machineId }} onClose={onClose} />;
  const refused = { parent: file, dependents, isProtected: error.is('disk.read-only') };
  return (
    <CommitDependentsDialog machineId={machineId} question={refusedCommit(machineId, refused)} onClose={onClose} />
  );
}

/** The question about a commit that was refused; with the ways on while the log waits that was to be committed. */
function refusedCommit(
  machineId: string,
  refused: { parent: string; dependents: readonly Dependent[]; isProtected: boolean },
): CommitQuestion {
  const machine = findMachine(machineId);
  const disk = machine?.disks.find((one) => one.path === refused.parent && one.redo !== undefined);
  if (machine?.hasWaitingChanges !== true || disk === undefined) return { ...refused, sizeBytes: 0 };
  return commitQuestion(machine, disk, refused);
}

/** A machine is opened by its configuration file, chosen in our own picker. */
function OpenMachine({ onClose }: { onClose: () => void }) {
  return <PickerDialog request={{ what: 'file', onPick: (path) => void openMachineFile(path) }} onClose={onClose} />;
}
