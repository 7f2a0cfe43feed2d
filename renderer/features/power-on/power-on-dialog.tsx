import { Button, Checkbox } from '@mantine/core';
import { useId, useState } from 'react';
import type { WaitingChanges } from '../../../core/api/errors.ts';
import { answerPowerOn } from '../../calls/answer-power-on.ts';
import { inspectDisk } from '../../calls/proposals.ts';
import { ConsequenceButton } from '../../components/consequence-button.tsx';
import { DialogBody, DialogFooter, DialogFrame } from '../../components/dialog-frame.tsx';
import { Notice } from '../../components/notice.tsx';
import { sayProblem } from '../../components/problem-words.ts';
import type { RedoubtError } from '../../errors/redoubt-error.ts';
import { usePreferences } from '../../stores/preferences.ts';
import { asRedoubtError } from '../../transport/as-redoubt-error.ts';
import { fileName } from '../../words/file-name.ts';
import { t } from './power-on-words.ts';
import styles from './power-on.module.css';

type Answer = 'continue' | 'commit' | 'discard';

export interface PowerOnDialogProps {
  machineId: string;
  error: RedoubtError<'machine.changes-waiting'>;
  onClose: () => void;
}

/** The power-on question: a kept redo log waits. Cancel and Esc leave everything as it is. */
export function PowerOnDialog({ machineId, error, onClose }: PowerOnDialogProps) {
  const { machine: vm, disks } = error.details;
  const isUnclean = disks.some((disk) => disk.isUnclean);
  const wholeBytes = disks.reduce((sum, disk) => sum + disk.allocatedBytes, 0);
  const limitBytes = usePreferences((state) => state.discardAgainAboveBytes);
  const factsId = useId();
  const [isAlways, setIsAlways] = useState(false);
  const [isArmed, setIsArmed] = useState(false);

  const answer = (waiting: Answer) => {
    const isMuch = limitBytes > 0 && wholeBytes > limitBytes;
    if (waiting === 'discard' && isMuch && !isArmed) {
      setIsArmed(true);
      return;
    }
    // Starting takes a while and a commit longer: the window shows both, so the question need not wait.
    onClose();
    void answerPowerOn(machineId, waiting, isAlways, disks);
  };

  return (
    <DialogFrame
      role="alertdialog"
      title={t(isUnclean ? 'p2.titleUnclean' : 'p2.title', { vm })}
      describedBy={factsId}
      widthPx={600}
      testId="p2"
      onClose={onClose}
    >
      <DialogBody>
        <ul id={factsId} className={styles.facts} data-testid="p2.fact">
          {disks.map((disk) => (
            <li key={disk.redo} title={disk.redo}>
              {t('p2.fact', {
                size: { bytes: disk.allocatedBytes },
                redo: fileName(disk.redo),
                date: new Date(disk.changedAt),
              })}
            </li>
          ))}
        </ul>
        {isUnclean ? <ChainCheck disks={disks} /> : undefined}
        <div className={styles.answers}>
          <ConsequenceButton
            title={t('p2.continue')}
            consequence={t('p2.continueText')}
            look="primary"
            testId="p2.continue"
            isFirst
            onClick={() => {
              answer('continue');
            }}
          />
          <ConsequenceButton
            title={t('p2.commit')}
            consequence={t('p2.commitText')}
            look="plain"
            testId="p2.commit"
            isDisabled={isAlways}
            onClick={() => {
              answer('commit');
            }}
          />
          <ConsequenceButton
            title={isArmed ? t('p2.discardSize', { size: { bytes: wholeBytes } }) : t('p2.discard')}
            consequence={t('p2.discardText')}
            look="danger"
            testId="p2.discard"
            isDisabled={isAlways}
            onClick={() => {
              answer('discard');
            }}
          />
        </div>
        <p className={styles.again} aria-live="assertive">
          {isArmed ? t('p2.discardAgain') : ''}
        </p>
      </DialogBody>
      <DialogFooter
        start={
          <Checkbox
            label={t('p2.remember')}
            checked={isAlways}
            data-testid="p2.remember"
            onChange={(event) => {
              setIsAlways(event.currentTarget.checked);
            }}
          />
        }
      >
        <Button data-testid="p2.cancel" title={t('p2.cancelText')} onClick={onClose}>
          {t('p2.cancel')}
        </Button>
      </DialogFooter>
    </DialogFrame>
  );
}

/** Reads the waiting logs and the chains below them, and says in place what it found. */
function ChainCheck({ disks }: { disks: readonly WaitingChanges[] }) {
  const [state, setState] = useState<'idle' | 'checking' | { good: string[] } | { problem: string }>('idle');
  const check = async () => {
    setState('checking');
    try {
      const good: string[] = [];
      for (const disk of disks) {
        const { chain } = await inspectDisk(disk.redo);
        good.push(
          t('p2.checkGood', { redo: fileName(disk.redo), n: chain.links.flatMap((link) => link.files).length }),
        );
      }
      setState({ good });
    } catch (error) {
      setState({ problem: sayProblem(asRedoubtError(error)) ?? '' });
    }
  };
  if (typeof state === 'object') {
    return 'good' in state ? (
      <Notice kind="info" testId="p2.checked">
        {state.good.join(' ')}
      </Notice>
    ) : (
      <Notice kind="problem" testId="p2.checked">
        {state.problem}
      </Notice>
    );
  }
  return (
    <Button data-testid="p2.check" loading={state === 'checking'} onClick={() => void check()}>
      {t('p2.check')}
    </Button>
  );
}
