/**
 * The numbers of the NBD protocol that this server speaks: fixed newstyle negotiation, simple and structured
 * replies, block status. All fields on the wire are big-endian. Source: NBD protocol, proto.md, sections
 * "Fixed newstyle negotiation", "Transmission", "Metadata querying" and "Values".
 */

/** `NBDMAGIC` and `IHAVEOPT`, which open the negotiation; the second also opens every option. */
export const initialMagic = 0x4e42_444d_4147_4943n;
export const optionMagic = 0x4948_4156_454f_5054n;
export const optionReplyMagic = 0x0003_e889_0455_65a9n;
export const requestMagic = 0x2560_9513;
export const simpleReplyMagic = 0x6744_6698;
export const structuredReplyMagic = 0x668e_33ef;

/** Handshake flags of the server, and the same bits as the client returns them. */
export const handshakeFlag = { fixedNewstyle: 1 << 0, noZeroes: 1 << 1 } as const;

export const option = {
  exportName: 1,
  abort: 2,
  list: 3,
  startTls: 5,
  info: 6,
  go: 7,
  structuredReply: 8,
  listMetaContext: 9,
  setMetaContext: 10,
} as const;

const errorBit = 0x8000_0000;

/** What an option is answered with. */
export const optionReply = {
  ack: 1,
  server: 2,
  info: 3,
  metaContext: 4,
  errorUnsupported: errorBit + 1,
  errorPolicy: errorBit + 2,
  errorInvalid: errorBit + 3,
  errorUnknownExport: errorBit + 6,
  errorTooBig: errorBit + 9,
} as const;

/** Kinds of information about an export. */
export const info = { export: 0, blockSize: 3 } as const;

/** What an export can do. */
export const transmissionFlag = {
  hasFlags: 1 << 0,
  readOnly: 1 << 1,
  sendFlush: 1 << 2,
  sendFua: 1 << 3,
  sendTrim: 1 << 5,
  sendWriteZeroes: 1 << 6,
  sendDf: 1 << 7,
  canMultiConn: 1 << 8,
  sendFastZero: 1 << 11,
} as const;

export const command = {
  read: 0,
  write: 1,
  disconnect: 2,
  flush: 3,
  trim: 4,
  writeZeroes: 6,
  blockStatus: 7,
} as const;

/** Flags of a request. */
export const commandFlag = { fua: 1 << 0, noHole: 1 << 1, df: 1 << 2, reqOne: 1 << 3, fastZero: 1 << 4 } as const;

/** A structured reply is a row of chunks; this server needs no more than one, which is then the last. */
export const chunkFlagDone = 1 << 0;
export const chunkType = { none: 0, offsetData: 1, blockStatus: 5, error: 0x8001 } as const;

/** The one metadata context, its number once it is chosen, and what its flags mean. */
export const allocationContext = { name: 'base:allocation', id: 1, hole: 1 << 0, zero: 1 << 1 } as const;

/** The error numbers that a reply may carry; 0 is success. */
export const nbdErrno = {
  EPERM: 1,
  EIO: 5,
  ENOMEM: 12,
  EINVAL: 22,
  ENOSPC: 28,
  ENOTSUP: 95,
  ESHUTDOWN: 108,
} as const;
export type NbdErrno = (typeof nbdErrno)[keyof typeof nbdErrno];

export const requestHeaderBytes = 28;
export const replyHeaderBytes = 16;
/** Of a chunk, without what its type adds. */
export const chunkHeaderBytes = 20;
/** What lies before the data of a structured read: the chunk's header and the offset. */
export const dataChunkHeaderBytes = chunkHeaderBytes + 8;

/** Longest payload of one request. Each export announces it as its maximum block size. */
export const maximumPayloadBytes = 32 * 1024 * 1024;
/** What a client is asked to align to: sectors at least, grains at best. Any alignment is served. */
export const minimumBlockBytes = 512;
export const preferredBlockBytes = 4096;
/** Longest name of an export, by the protocol's own limit on strings. */
export const maximumNameBytes = 4096;
