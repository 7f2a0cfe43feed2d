import type { PickerRow } from '../../../core/api/disks.ts';
import { t } from './picker-words.ts';

export type PickerFilter = 'disks-and-logs' | 'vmdk' | 'redo-logs' | 'all' | 'images';

/** The choices of the filter for disks, the default first. The second one shows what an old open dialog showed. */
export const diskFilters: readonly PickerFilter[] = ['disks-and-logs', 'vmdk', 'redo-logs', 'all'];
export const imageFilters: readonly PickerFilter[] = ['images', 'all'];

/** What a row is, in words. A disk on which others depend is a base. */
export function kindWords(row: Pick<PickerRow, 'kind' | 'parent' | 'usedBy' | 'format'>): string {
  switch (row.kind) {
    case 'base':
      return row.usedBy.length > 0 ? t('kind.base') : t('kind.disk');
    case 'redo-log':
      return row.parent === undefined ? t('kind.redo-log-unnamed') : t('kind.redo-log', { parent: row.parent });
    case 'not-a-disk':
      return t(row.format === undefined ? 'kind.not-a-disk' : 'kind.foreign');
    case 'segment':
    case 'folder':
    case 'image':
      return t(`kind.${row.kind}`);
  }
}

/** Whether a row of the known disks passes the filter; the core filters folders itself. */
export function passesFilter(row: Pick<PickerRow, 'name' | 'kind'>, filter: PickerFilter): boolean {
  switch (filter) {
    case 'all':
      return true;
    case 'vmdk':
      return /\.vmdk$/i.test(row.name);
    case 'redo-logs':
      return /\.REDO/i.test(row.name);
    case 'images':
      return row.kind === 'image';
    case 'disks-and-logs':
      return row.kind === 'base' || row.kind === 'redo-log';
  }
}

/** Folders first, then by name as people sort: `disk-2` before `disk-10`. */
export function sortRows(rows: readonly PickerRow[]): PickerRow[] {
  const collator = new Intl.Collator(undefined, { numeric: true });
  const rank = (row: PickerRow) => (row.kind === 'folder' ? 0 : 1);
  return [...rows].sort(
    (a, b) => rank(a) - rank(b) || collator.compare(a.name, b.name) || collator.compare(a.path, b.path),
  );
}
