import { describe, expect, it, onTestFinished } from 'vitest';
import { option } from '../../../core/nbd/protocol.ts';
import { DiskThread } from '../../../core/runner/disk-thread.ts';
import { makeBase } from '../../support/disk-kit.ts';
import { NbdTestClient } from '../../support/nbd-client.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

/** The server does not know the option. */
const unsupported = 0x8000_0001;

describe('the disk thread', { timeout: 30_000 }, () => {
  it('answers nobody once it is gone, and says so at once', async () => {
    const thread = new DiskThread();
    expect(await thread.stats()).toEqual([]);
    await thread.close();
    await expect(thread.stats()).rejects.toMatchObject({ code: 'internal' });
    await thread.close();
  });

  it('answers guests with simple replies only, which take less of a processor', async () => {
    const folder = makeTempFolder();
    onTestFinished(() => {
      folder.remove();
    });
    const file = await makeBase(folder.at('disk.vmdk'));
    const thread = new DiskThread();
    const socketPath = folder.at('nbd.sock');
    await thread.openAll([{ slot: 'ide0:0', request: { file, mode: 'persistent' } }], socketPath);
    const client = await NbdTestClient.connect(socketPath);
    client.sendClientFlags(3);
    const [refusal] = await client.option(option.structuredReply);
    expect(refusal?.type).toBe(unsupported);
    client.close();
    await thread.close();
  });
});
