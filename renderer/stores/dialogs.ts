import { create } from 'zustand';
import type { Dependent } from '../../core/api/errors.ts';
import type { CommitDependents } from '../../core/api/machines.ts';
import type { RedoubtError } from '../errors/redoubt-error.ts';

/** A question whose answer is one press: what a dialog with a title, some text and one verb needs. */
export interface Confirmation {
  readonly title: string;
  readonly text?: string;
  /** The verb of the title, on the button that does it. */
  readonly confirmLabel: string;
  readonly isDanger?: boolean;
  /** A gentler way, offered as the default. */
  readonly alternative?: { readonly label: string; readonly perform: () => void };
  /** What it throws is shown, and the dialog stays open. */
  readonly perform: () => void | Promise<void>;
}

/** What was tried when an error came, for its dialog: the sentence's subject, and how to try again. */
export interface ErrorContext {
  readonly machineId?: string;
  readonly retry?: () => void;
  /** Takes another file in place of the one that was refused. */
  readonly useFile?: (path: string) => void;
}

/** A commit that others stand in the way of: whom it would break, and the ways on. What a way throws is shown in place. */
export interface CommitQuestion {
  readonly parent: string;
  readonly dependents: readonly Dependent[];
  /** What the log holds, and so what an old state for the others takes at most. */
  readonly sizeBytes: number;
  /** The parent may not be written; nobody else's doing. */
  readonly isProtected?: boolean;
  /** Keeps the changes; absent where they are kept already. */
  readonly keep?: () => void;
  /** Absent where nobody can commit now. */
  readonly commit?: (dependents: CommitDependents) => void | Promise<void>;
  readonly copy?: CommitToCopy;
}

/** A commit that makes a new disk instead of changing the parent. */
export interface CommitToCopy {
  readonly vm: string;
  readonly parent: string;
  /** The new disk's first file, as it is proposed. */
  readonly proposed: string;
  /** What it throws is shown in place. */
  readonly perform: (file: string) => void | Promise<void>;
}

/** What is to be chosen from the host's files, and who gets it. */
export interface PickRequest {
  /** A disk (any format, recognised by its header), a disc image, any file, or a folder. */
  readonly what: 'disk' | 'image' | 'file' | 'folder';
  /** Where to begin; absent: where the machines are. */
  readonly directory?: string;
  /** The folder of the machine that it is for: one of the picker's places. */
  readonly machineDirectory?: string;
  readonly machineName?: string;
  readonly onPick: (path: string) => void;
}

/** Every dialog of the window, and what it needs to open. features/dialogs/dialog-host.tsx draws them. */
export type Dialog =
  | { kind: 'new-machine'; basePath?: string }
  | { kind: 'settings'; machineId: string; panel?: string }
  | { kind: 'power-on-question'; machineId: string; error: RedoubtError<'machine.changes-waiting'> }
  | { kind: 'decide-first'; machineId: string; error: RedoubtError<'machine.decide-first'>; onDecided?: () => void }
  | { kind: 'commit-dependents'; machineId: string; question: CommitQuestion }
  | { kind: 'break-dependents'; machineId: string; question: CommitQuestion }
  | { kind: 'commit-copy'; machineId: string; copy: CommitToCopy }
  | { kind: 'commit-waiting'; machineId: string; slot: string }
  | { kind: 'discard-waiting'; machineId: string; slot: string }
  | { kind: 'delete-machine'; machineId: string }
  | { kind: 'unprotect'; path: string; dependents: readonly Dependent[]; perform: () => void }
  | { kind: 'pick-file'; request: PickRequest }
  | { kind: 'open-machine' }
  | { kind: 'error'; error: RedoubtError; context?: ErrorContext }
  | { kind: 'confirm'; confirmation: Confirmation }
  | { kind: 'preferences' }
  | { kind: 'shortcuts' }
  | { kind: 'about' };

export type DialogKind = Dialog['kind'];
export type OpenDialog = Dialog & { readonly key: number };

interface DialogsState {
  /** From the bottom to the one that has the focus. */
  readonly stack: readonly OpenDialog[];
}

/** The stack of open dialogs. A dialog may open another above itself (settings over a picker's error). */
export const useDialogs = create<DialogsState>()(() => ({ stack: [] }));

let nextKey = 1;

/** Puts a dialog on top. A second one of the same kind for the same machine replaces the first. */
export function openDialog(dialog: Dialog): number {
  const key = nextKey++;
  useDialogs.setState(({ stack }) => ({
    stack: [...stack.filter((open) => !isSame(open, dialog)), { ...dialog, key }],
  }));
  return key;
}

/** Closes one dialog by its key; without a key, the topmost. */
export function closeDialog(key?: number): void {
  useDialogs.setState(({ stack }) => ({
    stack: key === undefined ? stack.slice(0, -1) : stack.filter((open) => open.key !== key),
  }));
}

/** Shows what went wrong. */
export function showError(error: RedoubtError, context?: ErrorContext): void {
  openDialog({ kind: 'error', error, ...(context === undefined ? {} : { context }) });
}

/** Whether any dialog is open: shortcuts of the window rest then. */
export function hasOpenDialog(): boolean {
  return useDialogs.getState().stack.length > 0;
}

function isSame(a: Dialog, b: Dialog): boolean {
  if (a.kind !== b.kind) return false;
  // Errors and questions stack up: none may hide another.
  if (a.kind === 'error' || a.kind === 'confirm') return false;
  return ('machineId' in a ? a.machineId : '') === ('machineId' in b ? b.machineId : '');
}
