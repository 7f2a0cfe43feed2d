/** Sends values to every reader that listens; each reads at its own pace and ends with its signal. */
export class Broadcast<T> {
  private readonly readers = new Set<(value: T) => void>();

  send(value: T): void {
    for (const reader of this.readers) reader(value);
  }

  async *read(signal: AbortSignal | undefined): AsyncGenerator<T, void, void> {
    const waiting: T[] = [];
    let wake: () => void = () => undefined;
    const reader = (value: T) => {
      waiting.push(value);
      wake();
    };
    const stop = () => {
      wake();
    };
    this.readers.add(reader);
    signal?.addEventListener('abort', stop);
    try {
      while (signal?.aborted !== true) {
        const next = waiting.shift();
        if (next !== undefined) yield next;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    } finally {
      this.readers.delete(reader);
      signal?.removeEventListener('abort', stop);
    }
  }
}
