import type { FileLock } from './file-lock.ts';

/** Several locks with one owner: all are taken or none, all are given back. */
export class LockSet {
  private readonly locks: FileLock[] = [];

  /** Takes a lock into the set; `undefined` (no place for one) is left out. Returns it. */
  add(lock: FileLock | undefined): FileLock | undefined {
    if (lock !== undefined) this.locks.push(lock);
    return lock;
  }

  /** Throws disk.io if any of them was broken. */
  prove(): void {
    for (const lock of this.locks) lock.prove();
  }

  async releaseOne(lock: FileLock): Promise<void> {
    const index = this.locks.indexOf(lock);
    if (index >= 0) this.locks.splice(index, 1);
    await lock.release();
  }

  /** In the reverse order. Goes on after a failure and throws the first at the end. */
  async release(): Promise<void> {
    const failures: unknown[] = [];
    for (const lock of this.locks.splice(0).reverse()) {
      await lock.release().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }
}
