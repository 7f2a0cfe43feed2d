import {
  errorTable,
  type ErrorCode,
  type ErrorDetails,
  type ErrorKind,
  type WireError,
} from '../../core/api/errors.ts';

/**
 * A refusal of the core, as the window holds it: the code and the details that crossed the wire. `message`
 * is for "Copy details" only; people read the words of the code (error-messages.ts).
 */
export class RedoubtError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'RedoubtError';
  readonly code: C;
  readonly details: ErrorDetails<C>;

  constructor(code: C, message: string, details: ErrorDetails<C>, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.details = details;
  }

  get kind(): ErrorKind {
    return errorTable[this.code].kind;
  }

  /** Narrows to one code, so that `details` is typed. */
  is<K extends ErrorCode>(wanted: K): this is RedoubtError<K> {
    const code: ErrorCode = this.code;
    return code === wanted;
  }
}

/** Whether something thrown is ours. `instanceof` alone would leave the code open. */
export function isRedoubtError(thrown: unknown): thrown is RedoubtError {
  return thrown instanceof RedoubtError;
}

/** An error that is part of a view (a disk's `problem`, a job's `error`). Its details are checked by code. */
export function fromWire(wire: { code: string; message: string; details: unknown }): RedoubtError {
  const entry = (errorTable as Partial<typeof errorTable>)[wire.code as ErrorCode];
  const details = entry?.details.safeParse(wire.details);
  if (details?.success !== true) return new RedoubtError('internal', wire.message, { detail: wire.code });
  return new RedoubtError(wire.code as ErrorCode, wire.message, details.data);
}

/** The plain data of an error, for "Copy details" and for stores. */
export function toWire(error: RedoubtError): WireError {
  return { code: error.code, message: error.message, details: error.details };
}
