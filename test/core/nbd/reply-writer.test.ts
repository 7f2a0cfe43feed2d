import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { simpleReplies, structuredReplies } from '../../../core/nbd/reply-format.ts';
import { command } from '../../../core/nbd/protocol.ts';
import { ReplyWriter } from '../../../core/nbd/reply-writer.ts';
import type { NbdRequest } from '../../../core/nbd/request-parser.ts';
import { SlabPool } from '../../../core/nbd/slab-pool.ts';
import { Transmission } from '../../../core/nbd/transmission.ts';
import { MemoryDevice } from '../../support/memory-device.ts';

const blockBytes = 4096;

test('the first answers of a long batch leave before the last is made', () => {
  const writes: number[] = [];
  const socket: Partial<Socket> = {
    cork: () => undefined,
    uncork: () => undefined,
    write: (bytes: unknown) => {
      writes.push((bytes as Uint8Array).length);
      return true;
    },
  };
  const replies = new ReplyWriter(socket as Socket, new SlabPool(), simpleReplies, () => undefined);
  const request: NbdRequest = {
    flags: 0,
    type: 0,
    cookieHigh: 0,
    cookieLow: 1,
    offsetBytes: 0,
    lengthBytes: blockBytes,
    payload: [],
  };
  for (let index = 0; index < 6; index++) replies.sendData(replies.open(blockBytes), request);
  const replyBytes = simpleReplies.dataHeaderBytes + blockBytes;
  expect(writes).toEqual([4 * replyBytes]);
  replies.write();
  expect(writes).toEqual([4 * replyBytes, 2 * replyBytes]);
});

test('answers about block status count with all their runs until they have left', () => {
  const device = new MemoryDevice(64 * blockBytes);
  for (let block = 0; block < 64; block += 2) device.bytes[block * blockBytes] = 1;
  const sent: (() => void)[] = [];
  let writtenBytes = 0;
  const socket: Partial<Socket> = {
    cork: () => undefined,
    uncork: () => undefined,
    write: (bytes: unknown, done: unknown) => {
      writtenBytes += (bytes as Uint8Array).length;
      sent.push(done as () => void);
      return true;
    },
  };
  const replies = new ReplyWriter(socket as Socket, new SlabPool(), structuredReplies, (count, payloadBytes) => {
    transmission.replied(count, payloadBytes);
  });
  const terms = { isStructured: true, hasAllocationContext: true };
  const transmission = new Transmission(device, terms, replies, () => undefined);
  for (let index = 0; index < 100; index++) {
    const { sizeBytes: lengthBytes } = device;
    const from = { offsetBytes: 0, lengthBytes, cookieHigh: 0, cookieLow: index };
    transmission.serve({ type: command.blockStatus, flags: 0, payload: [], ...from });
  }
  replies.write();
  expect(writtenBytes).toBeGreaterThan(100 * 64 * 8);
  expect(transmission.inFlightBytes).toBeGreaterThanOrEqual(writtenBytes);
  for (const done of sent) done();
  expect(transmission.inFlightBytes).toBe(0);
});
