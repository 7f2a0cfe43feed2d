import { ORPCError } from '@orpc/client';
import { describe, expect, it } from 'vitest';
import { RedoubtError } from '../../../renderer/errors/redoubt-error.ts';
import { asRedoubtError } from '../../../renderer/transport/as-redoubt-error.ts';
import { makeFakeClient } from '../support/fake-client.ts';
import { FakeCore, refuse } from '../support/fake-core.ts';

describe('what a call throws', () => {
  it('keeps code and details of a refusal', async () => {
    const core = new FakeCore();
    core.failures.set('machines.powerOn', refuse('disk.exists', { file: '/a' }));
    const error = await makeFakeClient(core).machines.powerOn({ id: 'x' }).catch(asRedoubtError);
    expect(error).toBeInstanceOf(RedoubtError);
    expect(error).toMatchObject({ code: 'disk.exists', details: { file: '/a' } });
  });

  it('is api.bad-request with the issues when the input does not fit', async () => {
    const client = makeFakeClient(new FakeCore());
    const error = await client.machines.powerOn({ id: 5 as unknown as string }).catch(asRedoubtError);
    expect(error).toMatchObject({ code: 'api.bad-request' });
    expect((error as RedoubtError<'api.bad-request'>).details.issues[0]).toMatch(/^id: /);
  });

  it('is shell.unreachable when the wire was dropped, and internal when nothing is known of it', () => {
    expect(asRedoubtError(new DOMException('x', 'AbortError')).code).toBe('shell.unreachable');
    expect(asRedoubtError(new Error('Cannot send message, WebSocket is not open.')).code).toBe('shell.unreachable');
    expect(asRedoubtError(new ORPCError('INTERNAL_SERVER_ERROR')).code).toBe('internal');
    expect(asRedoubtError('odd').code).toBe('internal');
  });
});
