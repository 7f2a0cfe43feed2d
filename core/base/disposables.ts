/** What was opened and must be closed, last first. Whoever opens something adds its closing at once. */
export class Disposables {
  private readonly closers: (() => void | Promise<void>)[] = [];
  private closing: Promise<void> | undefined;

  add(close: () => void | Promise<void>): void {
    this.closers.push(close);
  }

  /**
   * Closes everything, also what comes after a failure; idempotent. Rejects with the first failure when
   * all have been tried.
   */
  close(): Promise<void> {
    this.closing ??= this.closeAll();
    return this.closing;
  }

  private async closeAll(): Promise<void> {
    let failure: { error: unknown } | undefined;
    for (let close = this.closers.pop(); close !== undefined; close = this.closers.pop()) {
      try {
        await close();
      } catch (error) {
        failure ??= { error };
      }
    }
    if (failure !== undefined) throw failure.error;
  }
}
