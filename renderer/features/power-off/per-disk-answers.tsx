import { Button, SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import type { CommitDependents } from '../../../core/api/machines.ts';
import { fileName } from '../../words/file-name.ts';
import { commitBar, type DiskAnswer, type QuestionDisk } from './power-off-facts.ts';
import { t } from './power-off-words.ts';
import styles from './power-off.module.css';

export interface PerDiskAnswersProps {
  disks: readonly QuestionDisk[];
  isBusy: boolean;
  onAnswer: (answers: DiskAnswer[]) => void;
  /** Others stand in the way of a commit: `commit` is how it may be done all the same. */
  onAskAboutDependents: (disk: QuestionDisk, commit: (dependents: CommitDependents) => void) => void;
  onTogether: () => void;
}

/** One row a disk, each with its own answer; all start as Keep. */
export function PerDiskAnswers({ disks, isBusy, onAnswer, onAskAboutDependents, onTogether }: PerDiskAnswersProps) {
  const [answers, setAnswers] = useState<Readonly<Record<string, Omit<DiskAnswer, 'slot'>>>>({});
  const answerOf = (disk: QuestionDisk): Omit<DiskAnswer, 'slot'> => answers[disk.slot] ?? { answer: 'keep' };
  const setAnswer = (disk: QuestionDisk, answer: Omit<DiskAnswer, 'slot'>) => {
    setAnswers((before) => ({ ...before, [disk.slot]: answer }));
  };
  return (
    <div className={styles.perDisk}>
      {disks.map((disk) => (
        <div key={disk.slot} className={styles.diskRow} data-testid={`p1.disk.${disk.slot}`}>
          <div className={styles.diskWords}>
            <strong>{fileName(disk.disk)}</strong>
            <span className={styles.quiet}>
              {disk.isEmpty
                ? t('p1.perdiskEmpty')
                : t('p1.perdiskFact', { size: { bytes: disk.changedBytes }, date: new Date(disk.since) })}
            </span>
          </div>
          <SegmentedControl
            size="xs"
            aria-label={t('p1.perdiskGroup', { disk: fileName(disk.disk) })}
            value={answerOf(disk).answer}
            disabled={isBusy}
            data={[
              { value: 'discard', label: t('p1.discard') },
              {
                value: 'commit',
                label: t('p1.commit'),
                disabled: ['no-space', 'impossible'].includes(commitBar(disk)),
              },
              { value: 'keep', label: t('p1.keep') },
            ]}
            onChange={(value) => {
              if (value === 'commit' && commitBar(disk) === 'dependents') {
                onAskAboutDependents(disk, (dependents) => {
                  setAnswer(disk, { answer: 'commit', dependents });
                });
              } else setAnswer(disk, { answer: value });
            }}
          />
        </div>
      ))}
      <div className={styles.perDiskEnd}>
        <Button variant="subtle" onClick={onTogether} disabled={isBusy}>
          {t('p1.together')}
        </Button>
        <Button
          variant="filled"
          data-autofocus
          data-testid="p1.perdiskOk"
          loading={isBusy}
          onClick={() => {
            onAnswer(disks.map((disk) => ({ slot: disk.slot, ...answerOf(disk) })));
          }}
        >
          {t('p1.perdiskOk')}
        </Button>
      </div>
    </div>
  );
}
