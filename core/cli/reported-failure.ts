import type { RedoubtError } from '../base/redoubt-error.ts';

/** A failure after the command has printed its document, the error in it: what is left is the line and the status. */
export class ReportedFailure extends Error {
  readonly error: RedoubtError;

  constructor(error: RedoubtError) {
    super(error.message);
    this.error = error;
  }
}
