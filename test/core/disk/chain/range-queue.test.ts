import { describe, expect, it } from 'vitest';
import { RangeQueue, type Hold } from '../../../../core/disk/chain/range-queue.ts';

/** Requests by name; each ends when it is told to. */
class Requests {
  readonly queue = new RangeQueue();
  readonly begun: string[] = [];
  private readonly ends = new Map<string, (error?: Error) => void>();

  make(name: string, startBytes: number, endBytes: number, hold: Hold): Promise<void> {
    return this.queue.run(startBytes, endBytes, hold, () => {
      this.begun.push(name);
      return new Promise((resolve, reject) => {
        this.ends.set(name, (error) => {
          if (error === undefined) resolve();
          else reject(error);
        });
      });
    });
  }

  async end(name: string, error?: Error): Promise<void> {
    this.ends.get(name)?.(error);
    await this.settle();
  }

  async settle(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('a queue of ranges', () => {
  it('lets reads share and keeps changes alone, in the order of arrival', async () => {
    const requests = new Requests();
    const all = [
      requests.make('read 1', 0, 100, 'shared'),
      requests.make('read 2', 50, 150, 'shared'),
      requests.make('write 1', 90, 100, 'alone'),
      requests.make('read 3', 0, 95, 'shared'),
      requests.make('write 2', 200, 300, 'alone'),
    ];
    await requests.settle();
    expect(requests.begun).toEqual(['read 1', 'read 2', 'write 2']);
    expect(requests.queue.isBlocked(0, 10, 'shared')).toBe(false);
    expect(requests.queue.isBlocked(0, 10, 'alone')).toBe(true);
    expect(requests.queue.isBlocked(99, 100, 'shared')).toBe(true);
    expect(requests.queue.isBlocked(150, 200, 'alone')).toBe(false);
    await requests.end('read 1');
    expect(requests.begun).not.toContain('write 1');
    await requests.end('read 2');
    expect(requests.begun.at(-1)).toBe('write 1');
    await requests.end('write 1');
    expect(requests.begun.at(-1)).toBe('read 3');
    await requests.end('read 3');
    await requests.end('write 2');
    await Promise.all(all);
    expect(requests.queue.isIdle).toBe(true);
  });

  it('goes on after a failure, which is its own request’s alone', async () => {
    const requests = new Requests();
    const failing = requests.make('failing', 0, 10, 'alone');
    const next = requests.make('next', 5, 15, 'alone');
    const refused = expect(failing).rejects.toThrow('no');
    await requests.settle();
    await requests.end('failing', new Error('no'));
    await refused;
    await requests.end('next');
    await next;
  });

  it('drains what comes while it drains', async () => {
    const requests = new Requests();
    void requests.make('one', 0, 10, 'shared');
    let isDrained = false;
    const drained = requests.queue.drain().then(() => {
      isDrained = true;
    });
    await requests.settle();
    void requests.make('two', 0, 10, 'alone');
    await requests.end('one');
    expect(isDrained).toBe(false);
    await requests.end('two');
    await drained;
  });
});
