import { Button } from '@mantine/core';
import { knownDisks } from '../../../calls/proposals.ts';
import { ChainText } from '../../../components/chain-text.tsx';
import { Notice } from '../../../components/notice.tsx';
import { PathField } from '../../../components/path-field.tsx';
import { sayProblem } from '../../../components/problem-words.ts';
import { useAnswer } from '../../../components/use-answer.ts';
import { kindWords } from '../../disk-picker/picker-rows.ts';
import { pickPath } from '../../disk-picker/pick-path.ts';
import { formatWords } from '../../../words/disk-formats.ts';
import { fileName } from '../../../words/file-name.ts';
import { formatSize } from '../../../words/sizes.ts';
import type { Wizard } from '../use-wizard.ts';
import { t } from '../wizard-words.ts';
import styles from './panel.module.css';

/** Which disk the machine will run on: one that the library knows, or any file. */
export function ExistingDiskPanel({ wizard }: { wizard: Wizard }) {
  const { draft, facts, change } = wizard;
  const known = useAnswer('known', knownDisks, 0);
  const problem = wizard.problemOf('existing');
  const choose = (existingPath: string) => {
    change({ existingPath, mode: undefined, redoLogDir: undefined });
  };
  return (
    <>
      <PathField
        label={t('existing.file')}
        value={draft.existingPath}
        testId="wizard.existing"
        browseLabel={t('existing.browse')}
        browseTestId="disk.browse"
        problem={sayProblem(problem)}
        onChange={choose}
        onBrowse={() => {
          pickPath({ what: 'disk', machineDirectory: wizard.answers.directory, onPick: choose });
        }}
      />
      {typeof problem === 'object' && problem.is('disk.segment-picked') ? (
        <UseFirst first={problem.details.first} onUse={choose} />
      ) : undefined}
      {facts.existing === undefined ? undefined : (
        <div className={styles.section}>
          <ChainText testId="wizard.existing.chain" links={[...facts.existing.chain.links].reverse()} />
          <span className={styles.diskNote}>{formatSize(facts.existing.chain.capacityBytes)}</span>
        </div>
      )}
      <div className={styles.section}>
        <p className={styles.label}>{t('existing.bases')}</p>
        {known.value?.rows.length === 0 ? <Notice kind="info">{t('existing.noBases')}</Notice> : undefined}
        {(known.value?.rows.length ?? 0) === 0 ? undefined : (
          <div className={styles.rows}>
            {known.value?.rows.map((row) => (
              <button
                key={row.path}
                type="button"
                className={styles.diskRow}
                aria-pressed={row.path === draft.existingPath}
                title={row.path}
                onClick={() => {
                  choose(row.path);
                }}
              >
                <span className={styles.diskName}>{row.name}</span>
                <span className={styles.diskNote}>{kindWords(row)}</span>
                <span className={styles.diskNote}>{row.format === undefined ? '' : formatWords(row.format)}</span>
                <span className={styles.diskNote}>{row.usedBy.join(', ')}</span>
              </button>
            ))}
          </div>
        )}
      </div>
    </>
  );
}

/** The one click from a later part of a disk to its first file. */
function UseFirst({ first, onUse }: { first: string; onUse: (path: string) => void }) {
  return (
    <div>
      <Button
        variant="filled"
        data-testid="e5.use"
        onClick={() => {
          onUse(first);
        }}
      >
        {t('existing.useFirst', { first: fileName(first) })}
      </Button>
    </div>
  );
}
