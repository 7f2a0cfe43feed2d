import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { JobView } from '../../../core/api/jobs.ts';
import { JobRegistry, type StartedJob } from '../../../core/jobs/job-registry.ts';

function makeRegistry(): JobRegistry {
  const registry = new JobRegistry({
    file: join(import.meta.dirname, 'job-process-fixture.ts'),
    execArgv: ['--import', import.meta.resolve('tsx')],
  });
  onTestFinished(() => registry.close());
  return registry;
}

function start(registry: JobRegistry, input: string): StartedJob {
  return registry.start({ kind: 'commit', subject: 'base.vmdk', machineId: 'm1', input });
}

describe('JobRegistry', () => {
  it('runs a job, tells its progress and gives its result', async () => {
    const registry = makeRegistry();
    const seen: JobView[] = [];
    const stop = new AbortController();
    const watching = (async () => {
      for await (const { jobs } of registry.watch(stop.signal)) seen.push(...jobs);
    })();
    const job = start(registry, 'hello');
    await expect(job.result).resolves.toEqual({ said: 'hello' });
    stop.abort();
    await watching;
    expect(seen[0]).toMatchObject({
      id: job.id,
      state: 'running',
      phase: 'preparing',
      subject: 'base.vmdk',
      machineId: 'm1',
    });
    expect(seen).toContainEqual(expect.objectContaining({ phase: 'copying', doneBytes: 10, totalBytes: 10 }));
    expect(registry.list()).toMatchObject([{ id: job.id, state: 'done', phase: 'done' }]);
  });

  it('passes a refusal on as what it is', async () => {
    const registry = makeRegistry();
    await expect(start(registry, 'refuse').result).rejects.toMatchObject({
      code: 'disk.read-only',
      details: { file: 'base.vmdk' },
    });
    expect(registry.list()).toMatchObject([{ state: 'failed', error: { code: 'disk.read-only' } }]);
  });

  it('cancels', async () => {
    const registry = makeRegistry();
    const job = start(registry, 'wait');
    const failure = expect(job.result).rejects.toMatchObject({ code: 'job.cancelled' });
    await registry.cancel(job.id);
    await failure;
    expect(registry.list()).toMatchObject([{ state: 'cancelled' }]);
    await expect(registry.cancel('other')).rejects.toMatchObject({ code: 'job.not-found' });
  });

  it('notices a process that dies', async () => {
    const registry = makeRegistry();
    await expect(start(registry, 'die').result).rejects.toMatchObject({
      code: 'internal',
      details: { detail: 'exit status 3' },
    });
  });

  it('ends a process that stays after its last word', async () => {
    const registry = makeRegistry();
    await expect(start(registry, 'linger').result).resolves.toEqual({ said: 'linger' });
  });

  it('cancels what runs when it is closed, and takes nothing more', async () => {
    const registry = makeRegistry();
    const job = start(registry, 'wait');
    const failure = expect(job.result).rejects.toMatchObject({ code: 'job.cancelled' });
    await registry.close();
    await failure;
    await expect(start(registry, 'wait').result).rejects.toMatchObject({ code: 'job.cancelled' });
  });
});
