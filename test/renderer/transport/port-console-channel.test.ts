import { describe, expect, it, vi } from 'vitest';
import { PortConsoleChannel } from '../../../renderer/transport/port-console-channel.ts';

function open() {
  const { port1, port2 } = new MessageChannel();
  const channel = new PortConsoleChannel(port1);
  const got: number[][] = [];
  const closed: number[] = [];
  channel.onmessage = ({ data }) => got.push([...new Uint8Array(data as ArrayBuffer)]);
  channel.onclose = ({ code }) => closed.push(code);
  return { channel, far: port2, got, closed };
}

describe('a screen over a message port', () => {
  it('opens by itself, then carries bytes both ways', async () => {
    const { channel, far, got } = open();
    const opened = vi.fn();
    channel.onopen = opened;
    const sent: number[][] = [];
    far.onmessage = ({ data }: MessageEvent<Uint8Array>) => sent.push([...data]);
    far.postMessage(Uint8Array.of(1, 2));
    const buffer = Uint8Array.of(9, 8, 7, 6);
    await vi.waitFor(() => {
      expect(opened).toHaveBeenCalledOnce();
    });
    channel.send(buffer.subarray(1, 3));
    await vi.waitFor(() => {
      expect(got).toEqual([[1, 2]]);
      expect(sent).toEqual([[8, 7]]);
    });
    expect([...buffer]).toEqual([9, 8, 7, 6]);
    channel.close();
  });

  it('says once that it is closed, by either end', async () => {
    const near = open();
    near.channel.close();
    near.channel.close();
    expect(near.closed).toEqual([1000]);
    const far = open();
    await Promise.resolve();
    far.far.close();
    await vi.waitFor(() => {
      expect(far.closed).toEqual([1006]);
    });
  });
});
