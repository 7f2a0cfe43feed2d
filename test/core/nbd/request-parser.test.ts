import { describe, expect, it } from 'vitest';
import { command, maximumPayloadBytes } from '../../../core/nbd/protocol.ts';
import { RequestParser, type NbdRequest } from '../../../core/nbd/request-parser.ts';
import { requestBytes } from '../../support/nbd-client.ts';

const payload = Buffer.from('The quick brown fox');
const stream = Buffer.concat([
  requestBytes({ type: command.read, cookie: 1n, offsetBytes: 0x1_2345_6789n, lengthBytes: 4096 }),
  requestBytes({
    type: command.write,
    cookie: 0xfedc_ba98_7654_3210n,
    offsetBytes: 512,
    lengthBytes: payload.length,
    flags: 1,
  }),
  payload,
  requestBytes({ type: command.write, cookie: 3n, lengthBytes: 0 }),
  requestBytes({ type: command.flush, cookie: 4n }),
]);

function parseAll(parser: RequestParser): NbdRequest[] {
  const requests: NbdRequest[] = [];
  for (let found = parser.next(); found !== undefined; found = parser.next()) {
    if (found.kind !== 'request') throw new Error(found.kind);
    requests.push(found.request);
  }
  return requests;
}

function expectTheStream(requests: NbdRequest[]): void {
  expect(requests.map((r) => [r.type, r.offsetBytes, r.lengthBytes, r.flags])).toEqual([
    [command.read, 0x1_2345_6789, 4096, 0],
    [command.write, 512, payload.length, 1],
    [command.write, 0, 0, 0],
    [command.flush, 0, 0, 0],
  ]);
  expect(Buffer.concat(requests[1]?.payload ?? []).toString()).toBe(payload.toString());
  expect([requests[1]?.cookieHigh, requests[1]?.cookieLow]).toEqual([0xfedc_ba98, 0x7654_3210]);
}

describe('RequestParser', () => {
  it('reads a stream that comes in one piece', () => {
    const parser = new RequestParser();
    parser.push(stream);
    expectTheStream(parseAll(parser));
  });

  it('reads the same from two pieces, cut at every byte', () => {
    for (let cut = 0; cut <= stream.length; cut++) {
      const parser = new RequestParser();
      parser.push(stream.subarray(0, cut));
      const requests = parseAll(parser);
      parser.push(stream.subarray(cut));
      expectTheStream([...requests, ...parseAll(parser)]);
    }
  });

  it('reads the same byte by byte', () => {
    const parser = new RequestParser();
    const requests: NbdRequest[] = [];
    for (const byte of stream) {
      parser.push(Buffer.of(byte));
      requests.push(...parseAll(parser));
    }
    expectTheStream(requests);
  });

  it('hands a payload on as parts of the received chunks, without a copy', () => {
    const parser = new RequestParser();
    const head = requestBytes({ type: command.write, lengthBytes: 300 });
    const first = Buffer.concat([head, Buffer.alloc(100, 1)]);
    const second = Buffer.alloc(250, 2);
    parser.push(first);
    expect(parser.next()).toBeUndefined();
    parser.push(second);
    const found = parser.next();
    const request = found?.kind === 'request' ? found.request : undefined;
    expect(request?.payload.map((part) => part.length)).toEqual([100, 200]);
    expect(request?.payload[0]?.buffer).toBe(first.buffer);
    expect(request?.payload[1]?.buffer).toBe(second.buffer);
  });

  it('leaves what it was not asked for', () => {
    const parser = new RequestParser();
    parser.push(stream);
    expect(parser.next()?.kind).toBe('request');
    expectTheStream([{ ...firstOf(stream) }, ...parseAll(parser)]);
  });

  it('gathers a payload that comes in very many crumbs', () => {
    const parser = new RequestParser();
    const bytes = Buffer.from(Array.from({ length: 20_000 }, (_, index) => index % 251));
    parser.push(requestBytes({ type: command.write, lengthBytes: bytes.length }));
    for (let at = 0; at < bytes.length; at += 5) {
      expect(parser.next()).toBeUndefined();
      parser.push(bytes.subarray(at, at + 5));
    }
    const [request] = parseAll(parser);
    expect(request?.payload.length).toBeLessThan(300);
    expect(Buffer.concat(request?.payload ?? []).equals(bytes)).toBe(true);
  });

  it('names a payload over the limit, and what is no request', () => {
    const parser = new RequestParser();
    parser.push(requestBytes({ type: command.write, lengthBytes: maximumPayloadBytes + 1 }));
    expect(parser.next()?.kind).toBe('too-long');
    const other = new RequestParser();
    other.push(requestBytes({ type: command.read, magic: 0x1234 }));
    expect(other.next()?.kind).toBe('garbage');
  });
});

function firstOf(bytes: Buffer): NbdRequest {
  const parser = new RequestParser();
  parser.push(bytes);
  const found = parser.next();
  if (found?.kind !== 'request') throw new Error('no request');
  return found.request;
}
