import { useRef } from 'react';
import { useNow } from '../../components/use-now.ts';
import { useJob } from '../../stores/jobs.ts';
import { useMachine } from '../../stores/machines.ts';
import { fileName } from '../../words/file-name.ts';
import { jobPercent, jobPhase, jobSpeed, jobSubject } from './job-words.ts';
import styles from './tasks.module.css';
import { t } from './words.ts';

/** A running commit: bar, phase, speed. Spoken at the start, at each quarter and at the end. */
export function JobProgress({ jobId }: { readonly jobId: string }) {
  const job = useJob(jobId);
  const machine = useMachine(job?.machineId);
  const now = useNow(1000);
  const spokenQuarter = useRef(-1);
  const spoken = useRef('');
  if (job === undefined) return undefined;

  const percent = jobPercent(job);
  const valueText = t('progress.value', { subject: jobSubject(job, machine?.name), percent });
  const quarter = Math.floor(percent / 25);
  if (quarter > spokenQuarter.current) {
    spokenQuarter.current = quarter;
    spoken.current = valueText;
  }
  return (
    <section className={styles.job} data-testid="job" data-state={job.state}>
      <p className={styles.phase}>
        <span>{jobPhase(job)}</span>
        <span className={styles.speed}>{jobSpeed(job, now)}</span>
      </p>
      <div
        className={styles.bar}
        role="progressbar"
        aria-label={t('progress.name', { parent: fileName(job.subject) })}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
        aria-valuetext={valueText}
      >
        <div className={styles.filled} style={{ width: `${String(percent)}%` }} />
      </div>
      <span className="visually-hidden" role="status">
        {spoken.current}
      </span>
    </section>
  );
}
