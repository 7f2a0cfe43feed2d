import { Popover } from '@mantine/core';
import { useConnection } from '../../stores/connection.ts';
import { useJobs } from '../../stores/jobs.ts';
import { useMachines } from '../../stores/machines.ts';
import { useShellInfo } from '../../stores/shell-info.ts';
import { backendLine } from '../../words/backends.ts';
import { JobProgress } from './job-progress.tsx';
import { jobPercent, jobSubject } from './job-words.ts';
import styles from './tasks.module.css';
import { t } from './words.ts';

/** The strip at the bottom: what is being worked on, how many machines run, and what runs them. */
export function StatusBar() {
  const jobs = useJobs((state) => state.jobs).filter((job) => job.state === 'running');
  const machines = useMachines((state) => state.machines);
  const backends = useShellInfo((state) => state.info?.backends) ?? [];
  const isConnected = useConnection((state) => state.state === 'open');
  const running = machines.filter((machine) => machine.power === 'running' || machine.power === 'paused').length;
  const backend = backends.find((candidate) => candidate.isAvailable);
  const [first] = jobs;
  const firstMachine = machines.find((machine) => machine.id === first?.machineId);
  return (
    <footer className={styles.status} data-testid="status-bar">
      {first === undefined ? (
        <span>{t('status.idle')}</span>
      ) : (
        <>
          <span data-testid="status.task">
            {t(jobs.length === 1 ? 'status.one' : 'status.more', {
              n: jobs.length,
              subject: jobSubject(first, firstMachine?.name),
              percent: jobPercent(first),
            })}
          </span>
          <Popover position="top-start" width={360}>
            <Popover.Target>
              <button type="button" className={styles.details}>
                {t('status.details')}
              </button>
            </Popover.Target>
            <Popover.Dropdown>
              {jobs.map((job) => (
                <JobProgress key={job.id} jobId={job.id} />
              ))}
            </Popover.Dropdown>
          </Popover>
        </>
      )}
      <span className={styles.space} />
      {isConnected ? <span>{t('status.machines', { total: machines.length, running })}</span> : undefined}
      {backend === undefined ? undefined : <span>{backendLine(backend)}</span>}
    </footer>
  );
}
