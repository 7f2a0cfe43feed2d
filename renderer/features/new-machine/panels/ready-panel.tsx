import { Checkbox } from '@mantine/core';
import { ChainText } from '../../../components/chain-text.tsx';
import { guestSystem } from '../../../components/guest-systems.ts';
import { fileName } from '../../../words/file-name.ts';
import { resolveRedoDirectory } from '../../../components/redo-directory.ts';
import type { Wizard } from '../use-wizard.ts';
import { modeChoices, networkChoices } from '../wizard-choices.ts';
import { plannedChain } from '../planned-chain.ts';
import { capacityBytes } from '../wizard-request.ts';
import { t } from '../wizard-words.ts';
import styles from './panel.module.css';

/** What will be made, in words, and how the disk's chain will look when the machine runs. */
export function ReadyPanel({ wizard }: { wizard: Wizard }) {
  const { draft, answers, facts, diskFiles, change } = wizard;
  const isNew = answers.disk === 'new';
  const rows: [string, string | undefined][] = [
    [t('ready.name'), answers.name],
    [t('ready.location'), answers.directory],
    [t('ready.guest'), guestSystem(answers.guestId).name],
    [t('ready.iso'), answers.isoPath],
    [t('ready.memory'), t('ready.memoryValue', { mb: answers.memoryMb })],
    [t('ready.network'), networkChoices(undefined).find((choice) => choice.value === answers.network)?.title],
    [
      t('ready.disk'),
      isNew
        ? `${answers.diskFileName} (${t('ready.newDisk', { size: { bytes: capacityBytes(answers.capacityGb) }, n: diskFiles?.files.length ?? 1 })})`
        : answers.existingPath,
    ],
    [t('ready.mode'), modeChoices.find((choice) => choice.value === answers.mode)?.title],
    [
      t('ready.redo'),
      answers.mode === 'persistent' || isNew
        ? undefined
        : resolveRedoDirectory(answers.redoLogDir, answers.directory, answers.existingPath),
    ],
  ];
  return (
    <>
      <dl className={styles.facts} data-testid="wizard.summary">
        {rows.map(([label, value]) =>
          value === undefined ? undefined : (
            <div key={label} style={{ display: 'contents' }}>
              <dt>{label}</dt>
              <dd>{value}</dd>
            </div>
          ),
        )}
      </dl>
      <div className={styles.section}>
        <p className={styles.label}>{t('ready.chain')}</p>
        <ChainText testId="wizard.chain" links={plannedChain(answers, facts.existing)} />
        {isNew || answers.mode === 'persistent' ? undefined : (
          <p className={styles.lead}>{t('ready.untouched', { file: fileName(answers.existingPath) })}</p>
        )}
      </div>
      <Checkbox
        label={t('ready.start')}
        checked={draft.startsAfter}
        data-testid="wizard.start"
        onChange={(event) => {
          change({ startsAfter: event.currentTarget.checked });
        }}
      />
    </>
  );
}
