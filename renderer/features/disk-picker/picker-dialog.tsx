import { Button, NativeSelect, TextInput } from '@mantine/core';
import { DialogFrame } from '../../components/dialog-frame.tsx';
import { Notice } from '../../components/notice.tsx';
import { sayProblem } from '../../components/problem-words.ts';
import type { PickRequest } from '../../stores/dialogs.ts';
import { FileGrid } from './file-grid.tsx';
import { PlacesList } from './places-list.tsx';
import { PreviewPane } from './preview-pane.tsx';
import { t } from './picker-words.ts';
import type { PickerFilter } from './picker-rows.ts';
import { usePicker } from './use-picker.ts';
import styles from './picker.module.css';

/** Chooses a disk by what its header says; in the browser also images, files and folders of the host. */
export function PickerDialog({ request, onClose }: { request: PickRequest; onClose: () => void }) {
  const picker = usePicker(request, onClose);
  const isDisk = request.what === 'disk';
  const { directory, parent, rows } = picker;
  const listName = directory ?? t('picker.known');
  return (
    <DialogFrame
      role="dialog"
      title={t(`picker.${request.what}`)}
      widthPx={isDisk ? 1040 : 720}
      heightPx={560}
      testId="picker"
      onClose={onClose}
    >
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          picker.choose();
        }}
      >
        <div className={styles.middle}>
          <PlacesList picker={picker} />
          <div className={styles.main}>
            <div className={styles.bar}>
              <Button
                data-testid="picker.up"
                disabled={parent === undefined}
                {...(parent === undefined ? {} : { title: t('picker.upTo', { folder: parent }) })}
                onClick={() => {
                  picker.goTo({ kind: 'folder', directory: parent });
                }}
              >
                {t('picker.up')}
              </Button>
              <span className={styles.path} dir="ltr" title={listName} data-testid="picker.directory">
                {listName}
              </span>
              {picker.filters.length < 2 ? undefined : (
                <NativeSelect
                  aria-label={t('picker.filter')}
                  data-testid="picker.filter"
                  value={picker.filter}
                  data={picker.filters.map((filter) => ({ value: filter, label: t(`filter.${filter}`) }))}
                  onChange={(event) => {
                    picker.setFilter(event.currentTarget.value as PickerFilter);
                  }}
                />
              )}
            </div>
            <div className={styles.listing} aria-busy={picker.isReading}>
              {picker.listingError === undefined ? (
                <FileGrid
                  label={t('picker.grid', { folder: listName })}
                  rows={rows}
                  selectedPath={picker.typed}
                  isPlain={!isDisk}
                  onSelect={picker.select}
                  onOpen={picker.open}
                />
              ) : (
                <Notice kind="problem">{sayProblem(picker.listingError)}</Notice>
              )}
              {rows.length > 0 || picker.listingError !== undefined ? undefined : (
                <p className={styles.empty}>
                  {picker.isReading
                    ? t('picker.loading')
                    : t(picker.place.kind === 'known' ? 'picker.emptyKnown' : 'picker.emptyFolder')}
                </p>
              )}
            </div>
            {isDisk ? <PreviewPane picker={picker} /> : undefined}
          </div>
        </div>
        <footer className={styles.footer}>
          <TextInput
            className={styles.typed ?? ''}
            aria-label={t(request.what === 'folder' ? 'picker.typedFolder' : 'picker.typed')}
            placeholder={request.what === 'folder' ? directory : t('picker.typed')}
            value={picker.typed}
            spellCheck={false}
            autoComplete="off"
            dir="ltr"
            data-testid="picker.path"
            data-autofocus
            onChange={(event) => {
              picker.type(event.currentTarget.value);
            }}
          />
          <Button data-testid="picker.cancel" onClick={onClose}>
            {t('picker.cancel')}
          </Button>
          <Button type="submit" variant="filled" data-testid="picker.choose" disabled={picker.target === ''}>
            {t('picker.choose')}
          </Button>
        </footer>
      </form>
    </DialogFrame>
  );
}
