import { describe, expect, it } from 'vitest';
import type { ActionContext } from '../../../renderer/actions/action.ts';
import { protectBase } from '../../../renderer/actions/protect-base.ts';
import { installConnection } from '../../../renderer/transport/client.ts';
import type { Connection } from '../../../renderer/transport/connection.ts';
import { makeDisk, makeMachine } from '../support/scenes.ts';

const log = '/vms/qa1/win2k.vmdk.REDO_a01000';
const base = '/vms/base/win2k.vmdk';

/** A machine whose disk is a redo log, as the tech tip leaves it. */
function contextOf(isBaseReadOnly: boolean): ActionContext {
  const chain = [
    { path: log, isReadOnly: false },
    { path: base, isReadOnly: isBaseReadOnly },
  ];
  const machine = makeMachine({ name: 'qa', disks: [makeDisk({ path: log, chain, isProtected: false })] });
  return { machine, base: undefined, tab: 'summary', isConnected: true, shell: 'tab', console: undefined };
}

describe('Protect Base', () => {
  it('protects the base of the chain, and leaves the machine the log that it writes', async () => {
    const asked: string[] = [];
    const client = { disks: { protect: ({ path }: { path: string }) => Promise.resolve(void asked.push(path)) } };
    installConnection({ client } as unknown as Connection);
    await protectBase.perform(contextOf(false));
    expect(asked).toEqual([base]);
  });

  it('is ticked when that base is protected', () => {
    expect(protectBase.isChecked?.(contextOf(true))).toBe(true);
    expect(protectBase.isChecked?.(contextOf(false))).toBe(false);
  });
});
