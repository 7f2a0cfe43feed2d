/**
 * Hands events to any number of listeners, each at its own pace and in order. A listener that falls
 * `limit` events behind is ended: it asks for a snapshot again rather than eating memory.
 */
export class Broadcast<T> {
  private readonly listeners = new Set<Listener<T>>();
  private readonly limit: number;

  constructor(limit = 1000) {
    this.limit = limit;
  }

  publish(event: T): void {
    for (const listener of this.listeners) {
      listener.queue.push(event);
      if (listener.queue.length > this.limit) this.end(listener);
      listener.wake?.();
    }
  }

  /**
   * From the moment of this call on every event; ends with the signal, with `close`, or when the consumer
   * stops. `first` are handed over before all others.
   */
  subscribe(signal?: AbortSignal, first: readonly T[] = []): AsyncGenerator<T, void, undefined> {
    const listener: Listener<T> = { queue: [...first], isEnded: false };
    this.listeners.add(listener);
    const stop = (): void => {
      this.end(listener);
    };
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted === true) stop();
    return this.drain(listener, () => signal?.removeEventListener('abort', stop));
  }

  /** Ends every listener. */
  close(): void {
    for (const listener of this.listeners) this.end(listener);
  }

  private async *drain(listener: Listener<T>, cleanUp: () => void): AsyncGenerator<T, void, undefined> {
    try {
      for (;;) {
        const event = listener.queue.shift();
        if (event !== undefined) yield event;
        else if (listener.isEnded) return;
        else await new Promise<void>((wake) => (listener.wake = wake));
      }
    } finally {
      this.end(listener);
      cleanUp();
    }
  }

  private end(listener: Listener<T>): void {
    listener.isEnded = true;
    this.listeners.delete(listener);
    listener.wake?.();
  }
}

interface Listener<T> {
  readonly queue: T[];
  isEnded: boolean;
  wake?: () => void;
}
