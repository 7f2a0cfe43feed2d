import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { simpleReplies } from '../../../core/nbd/reply-format.ts';
import { ReplyWriter } from '../../../core/nbd/reply-writer.ts';
import type { NbdRequest } from '../../../core/nbd/request-parser.ts';
import { SlabPool } from '../../../core/nbd/slab-pool.ts';

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
