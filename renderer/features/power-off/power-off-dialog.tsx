import { Button, Checkbox } from '@mantine/core';
import { useId, useState, type KeyboardEvent } from 'react';
import type { CommitDependents, Decision, PowerOffQuestion } from '../../../core/api/machines.ts';
import { decidePowerOff } from '../../calls/decide-power-off.ts';
import { proposedCopy } from '../../calls/decide-waiting.ts';
import { ConsequenceButton } from '../../components/consequence-button.tsx';
import { DialogBody, DialogFooter, DialogFrame } from '../../components/dialog-frame.tsx';
import { Notice } from '../../components/notice.tsx';
import { sayProblem, sayWireProblem } from '../../components/problem-words.ts';
import type { RedoubtError } from '../../errors/redoubt-error.ts';
import { openDialog, type CommitQuestion, type CommitToCopy } from '../../stores/dialogs.ts';
import { useMachine } from '../../stores/machines.ts';
import { usePreferences } from '../../stores/preferences.ts';
import { asRedoubtError } from '../../transport/as-redoubt-error.ts';
import { fileName, folderOf } from '../../words/file-name.ts';
import { listWords } from '../../words/list.ts';
import { DependentsLine } from './dependents-line.tsx';
import { PerDiskAnswers } from './per-disk-answers.tsx';
import {
  answerForAll,
  commitBar,
  commitForAll,
  needsSecondPress,
  powerOffFacts,
  type DiskAnswer,
  type QuestionDisk,
} from './power-off-facts.ts';
import { t } from './power-off-words.ts';
import styles from './power-off.module.css';

/**
 * The power-off question. Keep is the answer that changes nothing: it has the focus, and Esc and the close
 * button mean it.
 */
export function PowerOffDialog({ question }: { question: PowerOffQuestion }) {
  const { machineId, machineName: vm, disks } = question;
  const facts = powerOffFacts(question);
  const preferences = usePreferences();
  const machine = useMachine(machineId);
  const factsId = useId();
  const [isPerDisk, setIsPerDisk] = useState(false);
  const [isAlways, setIsAlways] = useState(false);
  const [isArmed, setIsArmed] = useState(false);
  const [isBusy, setIsBusy] = useState(false);
  const [failure, setFailure] = useState<RedoubtError>();

  const send = async (answers: DiskAnswer[]) => {
    if (isBusy) return;
    setIsBusy(true);
    setFailure(undefined);
    try {
      await decidePowerOff({ id: machineId, answers, isAlways });
    } catch (error) {
      setFailure(asRedoubtError(error));
      setIsBusy(false);
    }
  };
  const keep = () => {
    void send(answerForAll(question, 'keep'));
  };
  const askAboutDependents = (disk: QuestionDisk, commit: NonNullable<CommitQuestion['commit']>) => {
    const { parent, dependents, changedBytes: sizeBytes, commitProblem } = disk;
    const isProtected = commitProblem?.code === 'disk.read-only';
    const copy = disks.length === 1 ? copyOf(disk) : undefined;
    const asked = { parent, dependents, sizeBytes, isProtected, keep, commit, ...(copy === undefined ? {} : { copy }) };
    openDialog({ kind: 'commit-dependents', machineId, question: asked });
  };
  const copyOf = ({ slot, parent }: QuestionDisk): CommitToCopy | undefined =>
    machine && {
      vm,
      parent,
      proposed: proposedCopy(machine.directory, parent),
      perform: async (copyTo) => {
        await decidePowerOff({ id: machineId, answers: [{ slot, answer: 'commit', copyTo }], isAlways: false });
      },
    };
  const commitAll = async (ways: Readonly<Record<string, CommitDependents>>): Promise<void> => {
    const next = commitForAll(question, ways);
    if ('answers' in next) await send(next.answers);
    else askAboutDependents(next.ask, (way) => commitAll({ ...ways, [next.ask.slot]: way }));
  };
  const answer = (decision: Decision) => {
    if (decision === 'commit') {
      if (facts.blocked === undefined) void commitAll({});
      return;
    }
    const asksAgain = isAlways || needsSecondPress(facts, preferences, Date.now());
    if (decision === 'discard' && asksAgain && !isArmed) {
      setIsArmed(true);
      return;
    }
    void send(answerForAll(question, decision));
  };

  const [only, ...others] = disks;
  const onlyCopy = only === undefined || others.length > 0 ? undefined : copyOf(only);

  const onKeyDown = (event: KeyboardEvent) => {
    const decision = event.altKey ? keyAnswers[event.code] : undefined;
    if (decision === undefined || isPerDisk) return;
    event.preventDefault();
    answer(decision);
  };

  return (
    <DialogFrame
      role="alertdialog"
      title={t('p1.title', { vm })}
      describedBy={factsId}
      widthPx={740}
      testId="p1"
      canClose={!isBusy}
      onClose={keep}
      onKeyDown={onKeyDown}
    >
      <DialogBody>
        <div id={factsId} className={styles.facts} data-testid="p1.fact">
          {facts.isEmpty ? (
            <p data-testid="p1.empty">{t('p1.empty')}</p>
          ) : (
            <p>
              {t('p1.fact', {
                size: { bytes: facts.changedBytes },
                disks: listWords(disks.map((disk) => fileName(disk.disk))),
                date: new Date(facts.since),
                sessions: facts.sessions,
              })}
            </p>
          )}
        </div>
        {disks.map((disk) => (
          <CommitHindrance key={disk.slot} disk={disk} />
        ))}
        {failure === undefined ? undefined : (
          <Notice kind="problem" testId="p1.failure">
            {sayProblem(failure)}
          </Notice>
        )}
        {isPerDisk ? (
          <PerDiskAnswers
            disks={disks}
            isBusy={isBusy}
            onAnswer={(answers) => void send(answers)}
            onAskAboutDependents={askAboutDependents}
            onTogether={() => {
              setIsPerDisk(false);
            }}
          />
        ) : (
          <>
            <div className={styles.answers}>
              <ConsequenceButton
                title={isArmed ? t('p1.discardSize', { size: { bytes: facts.changedBytes } }) : t('p1.discard')}
                consequence={t('p1.discardText', { vm, date: new Date(facts.since) })}
                look="danger"
                accessKey="D"
                testId="p1.discard"
                isDisabled={isBusy}
                onClick={() => {
                  answer('discard');
                }}
              />
              <span className={styles.gap} />
              <ConsequenceButton
                title={t('p1.commit')}
                consequence={t('p1.commitText', {
                  parent: listWords([...new Set(disks.map((disk) => fileName(disk.parent)))]),
                })}
                look="plain"
                accessKey="C"
                testId="p1.commit"
                isDisabled={isBusy || facts.blocked !== undefined}
                onClick={() => {
                  answer('commit');
                }}
              />
              <ConsequenceButton
                title={t('p1.keep')}
                consequence={t('p1.keepText')}
                look="primary"
                accessKey="K"
                testId="p1.keep"
                isDisabled={isBusy}
                isFirst
                onClick={keep}
              />
            </div>
            <p className={styles.again} aria-live="assertive" data-testid="p1.again">
              {isArmed ? t('p1.discardAgain') : ''}
            </p>
          </>
        )}
      </DialogBody>
      <DialogFooter
        start={
          <Checkbox
            label={t('p1.always', { vm })}
            checked={isAlways}
            disabled={isBusy || isPerDisk}
            data-testid="p1.always"
            onChange={(event) => {
              setIsAlways(event.currentTarget.checked);
            }}
          />
        }
      >
        {onlyCopy === undefined ? undefined : (
          <Button
            variant="subtle"
            data-testid="p1.altcopy"
            disabled={isBusy || isAlways}
            onClick={() => {
              openDialog({ kind: 'commit-copy', machineId, copy: onlyCopy });
            }}
          >
            {t('p1.altcopy')}
          </Button>
        )}
        {disks.length < 2 || isPerDisk ? undefined : (
          <Button
            variant="subtle"
            data-testid="p1.perdisk"
            disabled={isBusy}
            onClick={() => {
              setIsPerDisk(true);
              setIsAlways(false);
            }}
          >
            {t('p1.perdisk')}
          </Button>
        )}
      </DialogFooter>
    </DialogFrame>
  );
}

const keyAnswers: Partial<Record<string, Decision>> = { KeyC: 'commit', KeyD: 'discard', KeyK: 'keep' };

/** Why Commit is not, or not simply, possible for a disk. */
function CommitHindrance({ disk }: { disk: QuestionDisk }) {
  switch (commitBar(disk)) {
    case 'none':
      return undefined;
    case 'dependents':
      return <DependentsLine disk={disk} />;
    case 'no-space':
      return (
        <Notice kind="warning" isLive={false} testId="p1.space">
          {t('p1.space', {
            need: { bytes: disk.needBytes },
            volume: folderOf(disk.parent),
            free: { bytes: disk.freeBytes },
          })}
        </Notice>
      );
    case 'impossible':
      return (
        <Notice kind="warning" isLive={false} testId="p1.commitProblem">
          {disk.commitProblem === undefined ? undefined : sayWireProblem(disk.commitProblem)}
        </Notice>
      );
  }
}
