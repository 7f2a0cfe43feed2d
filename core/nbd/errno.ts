import type { ErrorCode } from '../api/errors.ts';
import { toWire } from '../base/redoubt-error.ts';
import { nbdErrno, type NbdErrno } from './protocol.ts';

/**
 * The one table from refusals to NBD error numbers. What is not listed is EIO: the guest can do nothing
 * about it. ENOSPC matters most, because a guest is paused by it and goes on when there is room again.
 */
const errnoOfCode: Partial<Record<ErrorCode, NbdErrno>> = {
  'disk.no-space': nbdErrno.ENOSPC,
  'disk.permission': nbdErrno.EPERM,
  'disk.read-only': nbdErrno.EPERM,
  'disk.unsupported': nbdErrno.ENOTSUP,
  'api.bad-request': nbdErrno.EINVAL,
  'usage.bad-argument': nbdErrno.EINVAL,
};

/** The NBD error number for anything that a block device throws, and the code that a client may show. */
export function errnoOf(error: unknown): { errno: NbdErrno; message: ErrorCode } {
  const { code } = toWire(error);
  return { errno: errnoOfCode[code] ?? nbdErrno.EIO, message: code };
}
