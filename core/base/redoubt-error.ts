import { errorTable, type ErrorCode, type ErrorDetails, type ErrorKind, type WireError } from '../api/errors.ts';

/**
 * The one error class of core. Wrap once, where the cause is known; above that add facts, not sentences.
 * `message` is one plain English sentence for logs and the command line.
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
  is<K extends ErrorCode>(code: K): this is RedoubtError<K> {
    const own: ErrorCode = this.code;
    return own === code;
  }

  toWire(): WireError {
    return { code: this.code, message: this.message, details: this.details };
  }
}

/** Anything thrown, as it may cross a wire: what is not ours becomes `internal`, without its stack. */
export function toWire(error: unknown): WireError {
  if (error instanceof RedoubtError) return error.toWire();
  const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { code: 'internal', message: `Something that should not happen: ${detail}`, details: { detail } };
}

/** Rebuilds an error that came over a wire. Unknown codes or details that do not fit become `internal`. */
export function fromWire(wire: { code: string; message: string; details: unknown }): RedoubtError {
  const entry = (errorTable as Partial<typeof errorTable>)[wire.code as ErrorCode];
  const details = entry?.details.safeParse(wire.details);
  if (details?.success !== true) return new RedoubtError('internal', wire.message, { detail: wire.code });
  return new RedoubtError(wire.code as ErrorCode, wire.message, details.data);
}
