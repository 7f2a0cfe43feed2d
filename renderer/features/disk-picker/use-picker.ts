import { useState } from 'react';
import type { PickerRow } from '../../../core/api/disks.ts';
import { browseFolder, inspectDisk, knownDisks, type DiskInspection } from '../../calls/proposals.ts';
import { folderOf, isAbsolutePath, joinPath } from '../../components/path-text.ts';
import { useAnswer, type Answer } from '../../components/use-answer.ts';
import type { RedoubtError } from '../../errors/redoubt-error.ts';
import type { PickRequest } from '../../stores/dialogs.ts';
import { rememberFolder } from '../../stores/recent-folders.ts';
import { diskFilters, imageFilters, passesFilter, sortRows, type PickerFilter } from './picker-rows.ts';

/** Where the picker looks: the disks of the library, or a folder (`undefined`: where the machines are). */
export type PickerPlace = { kind: 'known' } | { kind: 'folder'; directory: string | undefined };

export interface Picker {
  readonly request: PickRequest;
  readonly place: PickerPlace;
  /** The folder on show, as the core resolved it; absent for the known disks. */
  readonly directory: string | undefined;
  readonly parent: string | undefined;
  readonly filters: readonly PickerFilter[];
  readonly filter: PickerFilter;
  readonly rows: readonly PickerRow[];
  readonly isReading: boolean;
  readonly listingError: RedoubtError | undefined;
  /** What stands in the path field. */
  readonly typed: string;
  /** The absolute path that Choose would take; '' while there is none. */
  readonly target: string;
  /** What the core says of a chosen disk. Not asked for images, files and folders. */
  readonly inspection: Answer<DiskInspection>;
  /** Choose was pressed and the answer stood against it: its sentence gets the focus. */
  readonly wasRefused: boolean;
  readonly goTo: (place: PickerPlace) => void;
  readonly setFilter: (filter: PickerFilter) => void;
  readonly type: (path: string) => void;
  readonly select: (row: PickerRow) => void;
  /** Enter or a double click: opens a folder, chooses anything else. */
  readonly open: (row: PickerRow) => void;
  readonly choose: (path?: string) => void;
}

/** The state of the picker. `onDone` closes it; the request's `onPick` gets what was chosen. */
export function usePicker(request: PickRequest, onDone: () => void): Picker {
  const isDisk = request.what === 'disk';
  const [place, setPlace] = useState<PickerPlace>(
    isDisk && request.directory === undefined ? { kind: 'known' } : { kind: 'folder', directory: request.directory },
  );
  const filters = isDisk ? diskFilters : request.what === 'image' ? imageFilters : (['all'] as const);
  const [filter, setFilter] = useState<PickerFilter>(filters[0] ?? 'all');
  const [typed, setTyped] = useState('');
  const [wasRefused, setWasRefused] = useState(false);

  const folderKey = place.kind === 'folder' ? JSON.stringify([place.directory, filter]) : undefined;
  const listing = useAnswer(
    folderKey,
    () =>
      browseFolder({
        filter,
        ...(place.kind === 'folder' && place.directory !== undefined ? { directory: place.directory } : {}),
      }),
    0,
  );
  const known = useAnswer(isDisk ? 'known' : undefined, knownDisks, 0);

  const directory = place.kind === 'folder' ? listing.value?.directory : undefined;
  const rows =
    place.kind === 'known'
      ? (known.value?.rows ?? []).filter((row) => passesFilter(row, filter))
      : (listing.value?.rows ?? []);
  const shown = sortRows(request.what === 'folder' ? rows.filter((row) => row.kind === 'folder') : rows);

  const target = targetOf(typed.trim(), directory, request.what === 'folder');
  const inspection = useAnswer(isDisk && target !== '' ? target : undefined, () => inspectDisk(target));

  const goTo = (next: PickerPlace) => {
    setPlace(next);
    setTyped('');
    setWasRefused(false);
  };
  const type = (path: string) => {
    setTyped(path);
    setWasRefused(false);
  };
  const finish = (path: string) => {
    rememberFolder(request.what === 'folder' ? path : folderOf(path));
    onDone();
    request.onPick(path);
  };
  const choose = (path = target) => {
    const folder = shown.find((row) => row.path === path && row.kind === 'folder');
    if (path === '') return;
    if (request.what !== 'folder' && (folder !== undefined || /[\\/]$/.test(path))) {
      goTo({ kind: 'folder', directory: path });
      return;
    }
    if (!isDisk) {
      finish(path);
      return;
    }
    // Asked here again rather than taken from the preview: a double click comes before the preview's answer.
    inspectDisk(path).then(
      () => {
        finish(path);
      },
      () => {
        setTyped(path);
        setWasRefused(true);
      },
    );
  };

  return {
    request,
    place,
    directory,
    parent: place.kind === 'folder' ? listing.value?.parent : undefined,
    filters,
    filter,
    rows: shown,
    isReading: place.kind === 'known' ? known.isAsking : listing.isAsking,
    listingError: place.kind === 'known' ? known.error : listing.error,
    typed,
    target,
    inspection,
    wasRefused,
    goTo,
    setFilter,
    type,
    select: (row) => {
      type(row.path);
    },
    open: (row) => {
      if (row.kind === 'folder') goTo({ kind: 'folder', directory: row.path });
      else choose(row.path);
    },
    choose,
  };
}

/** What the typed text means: absolute as it stands, else below the folder on show. */
function targetOf(typed: string, directory: string | undefined, isFolder: boolean): string {
  if (typed === '') return isFolder ? (directory ?? '') : '';
  if (isAbsolutePath(typed)) return typed;
  return directory === undefined ? '' : joinPath(directory, typed);
}
