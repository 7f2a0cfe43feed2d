import { describe, expect, it } from 'vitest';
import type { JobView } from '../../../core/api/jobs.ts';
import { jobPercent, jobPhase, jobSpeed } from '../../../renderer/features/tasks/job-words.ts';
import { endedSince } from '../../../renderer/features/tasks/use-job-news.ts';

const mb = 1024 ** 2;

function job(changes: Partial<JobView> = {}): JobView {
  return {
    id: 'j',
    kind: 'commit',
    subject: '/vms/win2k.vmdk',
    phase: 'copying',
    doneBytes: 62 * mb,
    totalBytes: 100 * mb,
    state: 'running',
    startedAt: 0,
    ...changes,
  };
}

describe('the words of a commit', () => {
  it('name the phase, the parent and the bytes', () => {
    expect(jobPhase(job({ phase: 'preparing' }))).toBe('Preparing…');
    expect(jobPhase(job())).toBe('Writing changes into win2k.vmdk: 62 MB of 100 MB');
    expect(jobPhase(job({ phase: 'done' }))).toBe('Committed 100 MB into win2k.vmdk.');
  });

  it('reach 100 percent only when the redo log is gone', () => {
    expect(jobPercent(job())).toBe(62);
    expect(jobPercent(job({ phase: 'removing', doneBytes: 100 * mb }))).toBe(99);
    expect(jobPercent(job({ state: 'done' }))).toBe(100);
    expect(jobPercent(job({ totalBytes: 0, doneBytes: 0 }))).toBe(0);
  });

  it('tell speed and remaining time after three seconds', () => {
    expect(jobSpeed(job(), 2000)).toBeUndefined();
    expect(jobSpeed(job(), 6200)).toBe('10 MB/s, 4 sec left');
    expect(jobSpeed(job({ phase: 'checking' }), 6200)).toBeUndefined();
  });
});

describe('jobs that ended', () => {
  it('are told once, and only if they were seen running', () => {
    const done = job({ state: 'done' });
    expect(endedSince([job()], [done])).toEqual([done]);
    expect(endedSince([done], [done])).toEqual([]);
    expect(endedSince([], [done])).toEqual([]);
  });
});
