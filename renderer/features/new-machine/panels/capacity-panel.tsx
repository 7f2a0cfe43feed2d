import { Checkbox, NumberInput } from '@mantine/core';
import { FileList } from '../../../components/file-list.tsx';
import { Notice } from '../../../components/notice.tsx';
import { sayProblem } from '../../../components/problem-words.ts';
import type { Wizard } from '../use-wizard.ts';
import { capacityWarning } from '../wizard-checks.ts';
import { capacityBytes } from '../wizard-request.ts';
import { t } from '../wizard-words.ts';
import styles from './panel.module.css';

/** How large the guest sees the new disk, and in which files it lies. Typical asks for the size only. */
export function CapacityPanel({ wizard }: { wizard: Wizard }) {
  const { answers, diskFiles, change } = wizard;
  const oldGuest = capacityWarning(answers);
  const wholeBytes = capacityBytes(answers.capacityGb);
  const freeBytes = diskFiles?.freeBytes;
  const isTight = freeBytes !== undefined && wholeBytes > freeBytes;
  return (
    <>
      <NumberInput
        className={styles.number ?? ''}
        label={t('capacity.label')}
        suffix={` ${t('capacity.unit')}`}
        value={Number.isNaN(answers.capacityGb) ? '' : answers.capacityGb}
        min={0}
        decimalScale={3}
        allowNegative={false}
        clampBehavior="none"
        data-testid="wizard.capacity"
        error={sayProblem(wizard.problemOf('capacity'))}
        onChange={(value) => {
          change({ capacityGb: typeof value === 'number' ? value : Number.parseFloat(value) });
        }}
      />
      {answers.configuration === 'typical' ? undefined : (
        <div className={styles.section}>
          <Checkbox
            label={t('capacity.allocate')}
            description={t('capacity.allocateText')}
            checked={answers.allocatesNow}
            data-testid="wizard.allocate"
            onChange={(event) => {
              change({ allocatesNow: event.currentTarget.checked });
            }}
          />
          <Checkbox
            label={t('capacity.split')}
            description={t('capacity.splitText')}
            checked={answers.isSplit}
            data-testid="wizard.split"
            onChange={(event) => {
              change({ isSplit: event.currentTarget.checked });
            }}
          />
        </div>
      )}
      {oldGuest === undefined ? undefined : <Notice kind="warning">{oldGuest}</Notice>}
      {isTight ? (
        <Notice kind="warning" testId="wizard.capacity.space">
          {t('capacity.space', { path: answers.directory, free: { bytes: freeBytes }, size: { bytes: wholeBytes } })}
        </Notice>
      ) : undefined}
      {diskFiles === undefined || diskFiles.files.length === 0 ? undefined : (
        <div className={styles.section}>
          <p className={styles.label}>{t('capacity.files')}</p>
          <FileList
            label={t('capacity.files')}
            testId="wizard.capacity.files"
            files={diskFiles.files.map((path) => ({ path }))}
          />
        </div>
      )}
    </>
  );
}
