import { Button } from '@mantine/core';
import { inspectDisk } from '../../../calls/proposals.ts';
import { ChainText } from '../../../components/chain-text.tsx';
import { LockedLabel } from '../../../components/locked-label.tsx';
import { Notice } from '../../../components/notice.tsx';
import { PathField } from '../../../components/path-field.tsx';
import { folderOf } from '../../../components/path-text.ts';
import { sayProblem } from '../../../components/problem-words.ts';
import { RadioCards } from '../../../components/radio-cards.tsx';
import { useAnswer } from '../../../components/use-answer.ts';
import { selectMachine } from '../../../stores/selection.ts';
import { fileName } from '../../../words/file-name.ts';
import { pickPath } from '../../disk-picker/pick-path.ts';
import { modeChoices } from '../../new-machine/wizard-choices.ts';
import { adoptsWaiting, changeDisk, diskPath, slotName, type DiskSettings } from '../settings-draft.ts';
import { t } from '../settings-words.ts';
import type { Editor } from '../use-settings.ts';
import { ProtectionTick } from './protection-tick.tsx';
import { RedoLogLine } from './redo-log-line.tsx';
import styles from '../settings.module.css';

export interface DiskPanelProps {
  editor: Editor;
  disk: DiskSettings;
  /** Closes the editor, to show something else of the machine. */
  onLeave: () => void;
}

/** One virtual disk: its file, what lies under it, its mode, and what is waiting over it. */
export function DiskPanel({ editor, disk, onLeave }: DiskPanelProps) {
  const { settings, machine, isLocked, lockId } = editor;
  const path = diskPath(disk, machine);
  const saved = machine.disks.find((candidate) => candidate.slot === disk.slot);
  // Asked again when something of the chain may have changed, not with every byte that a guest writes.
  const state = [path, saved?.redo?.path, saved?.isProtected, saved?.dependentCount, machine.power, machine.jobId];
  const inspection = useAnswer(disk.fileName.trim() === '' ? undefined : JSON.stringify(state), () =>
    inspectDisk(path),
  );
  const shown = inspection.isAsking && inspection.value === undefined ? undefined : inspection.value;
  const isRead = inspection.error === undefined && shown !== undefined;
  const base = isRead ? shown.chain.links.at(-1) : undefined;
  const others = isRead ? othersOn(shown, machine) : 0;
  const locked = lockId === undefined ? {} : { describedBy: lockId };
  const setFile = (file: string) => {
    editor.replace(changeDisk(settings, disk.slot, { fileName: file }));
  };
  const segmentOf = inspection.error?.is('disk.segment-picked') === true ? inspection.error.details.first : undefined;

  return (
    <>
      <PathField
        label={t('disk.file')}
        value={disk.fileName}
        testId="disk.file"
        browseLabel={t('disk.browse')}
        browseTestId="disk.browse"
        isDisabled={isLocked}
        problem={editor.problemOf('disk-file') ?? sayProblem(inspection.isAsking ? undefined : inspection.error)}
        {...locked}
        onChange={setFile}
        onBrowse={() => {
          pickPath({
            what: 'disk',
            directory: folderOf(path),
            machineDirectory: machine.directory,
            machineName: machine.name,
            onPick: setFile,
          });
        }}
      />
      {segmentOf === undefined ? undefined : (
        <div>
          <Button
            variant="filled"
            data-testid="e5.use"
            onClick={() => {
              setFile(segmentOf);
            }}
          >
            {t('disk.useFirst', { first: fileName(segmentOf) })}
          </Button>
        </div>
      )}
      {adoptsWaiting(disk, machine) ? (
        <Notice kind="info" testId="disk.adopts">
          {t('disk.adopts', { vm: machine.name })}
        </Notice>
      ) : undefined}
      <dl className={styles.rows}>
        {isRead ? (
          <>
            <dt>{t('disk.chain')}</dt>
            <dd className={styles.line}>
              <ChainText testId="disk.chain" links={[...shown.chain.links].reverse()} />
              <span className={styles.quiet}>{t('disk.layers', { n: shown.chain.links.length })}</span>
              <Button
                variant="subtle"
                size="compact-xs"
                onClick={() => {
                  selectMachine(machine.id, 'disks');
                  onLeave();
                }}
              >
                {t('disk.show')}
              </Button>
            </dd>
            <dt>{t('disk.capacity')}</dt>
            <dd className={styles.line}>
              <span data-testid="disk.capacity">
                {t('disk.capacityValue', {
                  size: { bytes: shown.chain.capacityBytes },
                  n: shown.chain.links[0]?.files.length ?? 1,
                })}
              </span>
              <span className={styles.term}>{t('disk.host')}</span>
              <span data-testid="disk.host">
                {hostWords(
                  shown.chain.links[0]?.allocatedBytes ?? 0,
                  saved?.path === path ? saved.redo?.allocatedBytes : undefined,
                )}
              </span>
            </dd>
          </>
        ) : undefined}
        <dt>
          <LockedLabel isLocked={isLocked}>{t('disk.mode')}</LockedLabel>
        </dt>
        <dd>
          <RadioCards
            label={t('disk.mode')}
            testId="disk.mode"
            value={disk.mode}
            options={modeChoices}
            isLocked={isLocked}
            {...locked}
            onChange={(mode) => {
              editor.replace(changeDisk(settings, disk.slot, { mode }));
            }}
          />
        </dd>
        <dt>{t('disk.redo')}</dt>
        <dd>
          <RedoLogLine machine={machine} slot={disk.slot} isLocked={isLocked} />
        </dd>
        <dt>{t('disk.adapter')}</dt>
        <dd>{slotName(disk.slot)}</dd>
        {base === undefined ? undefined : (
          <>
            <dt>
              <LockedLabel isLocked={isLocked}>{t('disk.protection')}</LockedLabel>
            </dt>
            <dd>
              <ProtectionTick editor={editor} path={base.path} isReadOnly={base.isReadOnly} />
            </dd>
          </>
        )}
      </dl>
      {disk.mode === 'persistent' && others > 0 ? (
        <Notice kind="warning" testId="disk.shared">
          {t('disk.shared', { n: others, vm: machine.name })}
        </Notice>
      ) : undefined}
    </>
  );
}

/** How many others live from the file; the machine's own redo log is none of them. */
function othersOn(inspection: Awaited<ReturnType<typeof inspectDisk>>, machine: Editor['machine']): number {
  const dependents = inspection.dependents
    .filter((one) => one.machineId !== machine.id)
    .map((one) => one.machineName ?? one.path);
  const users = inspection.usedBy.filter((name) => name !== machine.name);
  return new Set([...dependents, ...users]).size;
}

function hostWords(diskBytes: number, redoBytes: number | undefined): string {
  if (redoBytes === undefined || redoBytes === 0) return t('disk.hostValue', { size: { bytes: diskBytes } });
  return t('disk.hostValueRedo', { size: { bytes: diskBytes }, redo: { bytes: redoBytes } });
}
