/**
 * What a person can do about an error, as data, so that the words of an error (error-messages.ts) can offer
 * it and one place (perform-next-step.ts) can do it. Steps that need something the moment can't give (a
 * machine, a way to try again) are left out when the error is shown.
 */
export type NextStep =
  | { kind: 'retry' }
  /** Opens the machine's settings, at the panel where the cause can be mended. */
  | { kind: 'open-settings'; panel: 'disk' | 'options' | 'memory' }
  /** Sets the REDO log directory to `.` and tries again. */
  | { kind: 'use-machine-folder' }
  /** Sets the machine's disks to undoable and tries again. */
  | { kind: 'switch-to-undoable' }
  /** Makes the built-in emulator the machine's backend and tries again. */
  | { kind: 'use-built-in-emulator' }
  | { kind: 'create-folder'; path: string }
  | { kind: 'make-writable'; path: string }
  | { kind: 'use-file'; path: string }
  /** Lets a file be opened that something names from elsewhere, and tries again. */
  | { kind: 'approve'; path: string }
  /** Removes the lock of a holder that is gone, and tries again. */
  | { kind: 'break-lock'; file: string; token: string }
  | { kind: 'resume-commit'; parent: string; child: string }
  | { kind: 'switch-to-machine'; name: string }
  | { kind: 'reload' };

export type NextStepKind = NextStep['kind'];
