import { beforeEach, describe, expect, it } from 'vitest';
import { answerPowerOn } from '../../../renderer/calls/answer-power-on.ts';
import { RedoubtError } from '../../../renderer/errors/redoubt-error.ts';
import { useDialogs } from '../../../renderer/stores/dialogs.ts';
import { installConnection } from '../../../renderer/transport/client.ts';
import type { Connection } from '../../../renderer/transport/connection.ts';

const kinds = () => useDialogs.getState().stack.map((dialog) => dialog.kind);

function refuseWith(error: RedoubtError): void {
  const client = { machines: { powerOn: () => Promise.reject(error) } };
  installConnection({ client } as unknown as Connection);
}

beforeEach(() => {
  useDialogs.setState({ stack: [] });
});

describe('the answer to the power-on question', () => {
  it('is asked for anew where other changes have come after it', async () => {
    refuseWith(new RedoubtError('machine.changes-waiting', 'x', { machine: 'qa', disks: [] }));
    await answerPowerOn('a', 'discard', false, []);
    expect(kinds()).toEqual(['power-on-question']);
  });

  it('can be given again after another refusal', async () => {
    refuseWith(new RedoubtError('machine.busy', 'x', { machine: 'qa', doing: 'starting' }));
    await answerPowerOn('a', 'discard', false, []);
    expect(kinds()).toEqual(['error']);
  });
});
