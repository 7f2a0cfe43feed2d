import { IconDisc, IconFile, IconFolder, IconServer2, IconStack2 } from '@tabler/icons-react';
import { useEffect, useRef, type KeyboardEvent } from 'react';
import type { PickerRow } from '../../../core/api/disks.ts';
import { formatWords } from '../../words/disk-formats.ts';
import { formatDate } from '../../words/dates.ts';
import { formatSize } from '../../words/sizes.ts';
import { kindWords } from './picker-rows.ts';
import { t } from './picker-words.ts';
import styles from './picker.module.css';

export interface FileGridProps {
  label: string;
  rows: readonly PickerRow[];
  selectedPath: string;
  /** Only names and dates, for images, files and folders. */
  isPlain: boolean;
  onSelect: (row: PickerRow) => void;
  onOpen: (row: PickerRow) => void;
}

const icons = {
  base: IconServer2,
  'redo-log': IconStack2,
  segment: IconFile,
  'not-a-disk': IconFile,
  folder: IconFolder,
  image: IconDisc,
};

/**
 * The files, one a row. One tab stop: arrows, Home, End and typing a letter move the selection, Enter
 * opens. Rows say everything in text; the icon only repeats the kind.
 */
export function FileGrid({ label, rows, selectedPath, isPlain, onSelect, onOpen }: FileGridProps) {
  const body = useRef<HTMLTableSectionElement>(null);
  const selected = rows.findIndex((row) => row.path === selectedPath);

  useEffect(() => {
    body.current?.children[selected]?.scrollIntoView({ block: 'nearest' });
  }, [selected]);

  const onKeyDown = (event: KeyboardEvent) => {
    const target = rowForKey(event.key, rows, selected);
    const current = rows[selected];
    if (event.key === 'Enter' && current !== undefined) {
      event.preventDefault();
      onOpen(current);
    } else if (target !== undefined) {
      event.preventDefault();
      onSelect(target);
      (body.current?.children[rows.indexOf(target)] as HTMLElement | undefined)?.focus({ preventScroll: true });
    }
  };

  return (
    <table role="grid" aria-label={label} className={styles.grid} data-plain={isPlain} onKeyDown={onKeyDown}>
      <thead>
        <tr role="row">
          <th role="columnheader">{t('column.name')}</th>
          {isPlain ? undefined : <th role="columnheader">{t('column.kind')}</th>}
          {isPlain ? undefined : (
            <th role="columnheader" data-number>
              {t('column.capacity')}
            </th>
          )}
          <th role="columnheader" data-number>
            {t('column.size')}
          </th>
          {isPlain ? undefined : <th role="columnheader">{t('column.usedBy')}</th>}
          <th role="columnheader">{t('column.changed')}</th>
        </tr>
      </thead>
      <tbody ref={body}>
        {rows.map((row, index) => {
          const Icon = icons[row.kind];
          const isFolder = row.kind === 'folder';
          return (
            <tr
              key={row.path}
              role="row"
              aria-selected={index === selected}
              tabIndex={index === Math.max(0, selected) ? 0 : -1}
              data-testid={`picker.row.${row.name}`}
              title={row.path}
              onClick={() => {
                onSelect(row);
              }}
              onDoubleClick={() => {
                onOpen(row);
              }}
            >
              <td role="gridcell">
                <span className={styles.nameCell}>
                  <Icon size={15} aria-hidden="true" className={styles.rowIcon} />
                  <bdi dir="ltr">{row.name}</bdi>
                </span>
              </td>
              {isPlain ? undefined : (
                <td role="gridcell">
                  {kindWords(row)}
                  {row.format === undefined ? undefined : (
                    <span className={styles.format}> · {formatWords(row.format)}</span>
                  )}
                </td>
              )}
              {isPlain ? undefined : (
                <td role="gridcell" data-number>
                  {row.capacityBytes === undefined ? '' : formatSize(row.capacityBytes)}
                </td>
              )}
              <td role="gridcell" data-number>
                {isFolder ? '' : formatSize(row.sizeBytes)}
              </td>
              {isPlain ? undefined : <td role="gridcell">{row.usedBy.join(', ')}</td>}
              <td role="gridcell">{row.changedAt === 0 ? '' : formatDate(row.changedAt)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** The row a key leads to; `undefined` for keys that don't move. */
export function rowForKey(key: string, rows: readonly PickerRow[], selected: number): PickerRow | undefined {
  switch (key) {
    case 'ArrowDown':
      return rows[Math.min(rows.length - 1, selected + 1)];
    case 'ArrowUp':
      return rows[Math.max(0, selected - 1)];
    case 'Home':
      return rows[0];
    case 'End':
      return rows.at(-1);
    default: {
      if (key.length !== 1 || key === ' ') return undefined;
      const after = [...rows.slice(selected + 1), ...rows.slice(0, selected + 1)];
      return after.find((row) => row.name.toLowerCase().startsWith(key.toLowerCase()));
    }
  }
}
