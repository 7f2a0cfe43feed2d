import { Button } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { ChainText } from '../../components/chain-text.tsx';
import { Notice } from '../../components/notice.tsx';
import { formatWords } from '../../words/disk-formats.ts';
import { fileName } from '../../words/file-name.ts';
import type { DiskInspection } from '../../calls/proposals.ts';
import { errorMessage } from '../../errors/error-messages.ts';
import type { RedoubtError } from '../../errors/redoubt-error.ts';
import { t } from './picker-words.ts';
import type { Picker } from './use-picker.ts';
import styles from './picker.module.css';

/** What the chosen file is: its chain down to the base, what writing would mean, or why it can't be used. */
export function PreviewPane({ picker }: { picker: Picker }) {
  const { inspection, target } = picker;
  return (
    <section className={styles.preview} aria-label={t('preview.title')} data-testid="picker.preview">
      {target === '' ? <p className={styles.quiet}>{t('preview.none')}</p> : undefined}
      {target !== '' && inspection.isAsking ? <p className={styles.quiet}>{t('preview.reading')}</p> : undefined}
      {target !== '' && !inspection.isAsking && inspection.error !== undefined ? (
        <Refusal error={inspection.error} picker={picker} />
      ) : undefined}
      {target !== '' && !inspection.isAsking && inspection.error === undefined && inspection.value !== undefined ? (
        <Facts inspection={inspection.value} path={target} />
      ) : undefined}
    </section>
  );
}

function Facts({ inspection, path }: { inspection: DiskInspection; path: string }) {
  const { chain, usedBy, dependents, persistentProblem } = inspection;
  const file = fileName(path);
  return (
    <>
      <ChainText testId="picker.chain" links={[...chain.links].reverse()} />
      <ul className={styles.facts}>
        <li>{t('preview.chain', { n: chain.links.length, size: { bytes: chain.capacityBytes } })}</li>
        <li data-testid="picker.format">{formatFact(chain.links[0]?.format ?? '')}</li>
        {usedBy.length === 0 ? undefined : <li>{t('preview.usedBy', { names: usedBy.join(', ') })}</li>}
        {dependents.length === 0 ? undefined : <li>{t('preview.dependents', { n: dependents.length })}</li>}
        <li data-testid="picker.consequence">
          {persistentProblem === undefined && dependents.length === 0
            ? t('preview.persistent', { file })
            : t(dependents.length > 0 ? 'preview.refused' : 'preview.refusedReadOnly')}
        </li>
        <li>{t('preview.undoable', { file })}</li>
      </ul>
    </>
  );
}

function formatFact(format: string): string {
  return format === 'raw' ? t('preview.raw') : t('preview.format', { format: formatWords(format) });
}

/** E5 offers the way out; every other refusal says why. */
function Refusal({ error, picker }: { error: RedoubtError; picker: Picker }) {
  const way = useRef<HTMLButtonElement>(null);
  const { wasRefused } = picker;
  useEffect(() => {
    if (wasRefused) way.current?.focus();
  }, [wasRefused]);
  const message = errorMessage(error);
  const first = error.is('disk.segment-picked') ? error.details.first : undefined;
  return (
    <Notice
      kind={first === undefined ? 'problem' : 'warning'}
      testId={first === undefined ? 'picker.problem' : 'e5'}
      actions={
        first === undefined ? undefined : (
          <Button
            ref={way}
            variant="filled"
            data-testid="e5.use"
            onClick={() => {
              picker.choose(first);
            }}
          >
            {t('preview.useFirst', { first: fileName(first) })}
          </Button>
        )
      }
    >
      <strong>{message.title}</strong>
      <br />
      {message.text}
    </Notice>
  );
}
