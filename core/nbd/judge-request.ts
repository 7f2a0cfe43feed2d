import type { BlockDevice } from '../disk/block-device.ts';
import type { TransmissionTerms } from './handshake.ts';
import { command, commandFlag, maximumPayloadBytes, nbdErrno, type NbdErrno } from './protocol.ts';
import type { NbdRequest } from './request-parser.ts';

const { fua, noHole, df, reqOne, fastZero } = commandFlag;

/** The flags that each command may carry, by its number; a number without a value is no command. */
const allowedFlags: (number | undefined)[] = [];
allowedFlags[command.read] = fua | df;
allowedFlags[command.write] = fua;
allowedFlags[command.flush] = fua;
allowedFlags[command.trim] = fua;
allowedFlags[command.writeZeroes] = fua | noHole | fastZero;
allowedFlags[command.blockStatus] = fua | reqOne;

/**
 * The error number of a request that may not run, else 0. Everything that comes from outside is judged here;
 * behind it, commands are known and ranges lie inside the device. Source: NBD protocol, "Error values".
 */
export function judgeRequest(request: NbdRequest, device: BlockDevice, terms: TransmissionTerms): NbdErrno | 0 {
  const { type, flags, offsetBytes, lengthBytes } = request;
  const allowed = allowedFlags[type];
  if (allowed === undefined || (flags & ~allowed) !== 0) return nbdErrno.EINVAL;
  if ((flags & df) !== 0 && !terms.isStructured) return nbdErrno.EINVAL;
  if (type === command.flush) return 0;
  const isChange = type === command.write || type === command.writeZeroes || type === command.trim;
  if (isChange && !device.isWritable) return nbdErrno.EPERM;
  if (type === command.read && lengthBytes > maximumPayloadBytes) return nbdErrno.EINVAL;
  if (type === command.blockStatus && (!terms.hasAllocationContext || lengthBytes === 0)) return nbdErrno.EINVAL;
  if (offsetBytes + lengthBytes <= device.sizeBytes) return 0;
  return type === command.write || type === command.writeZeroes ? nbdErrno.ENOSPC : nbdErrno.EINVAL;
}
