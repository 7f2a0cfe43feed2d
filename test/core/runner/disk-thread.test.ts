import { describe, expect, it } from 'vitest';
import { DiskThread } from '../../../core/runner/disk-thread.ts';

describe('the disk thread', { timeout: 30_000 }, () => {
  it('answers nobody once it is gone, and says so at once', async () => {
    const thread = new DiskThread();
    expect(await thread.stats()).toEqual([]);
    await thread.close();
    await expect(thread.stats()).rejects.toMatchObject({ code: 'internal' });
    await thread.close();
  });
});
