import { TextInput } from '@mantine/core';
import { IconSearch, IconX } from '@tabler/icons-react';
import { find, searchFieldId } from '../../actions/find.ts';
import { isMacPlatform, writeKey } from '../../actions/keys.ts';
import { setQuery, useSelection } from '../../stores/selection.ts';
import styles from './search-field.module.css';
import { t } from './words.ts';

/** Narrows the sidebar to the names that hold the words typed. Esc clears it. */
export function SearchField() {
  const query = useSelection((state) => state.query);
  const clear = () => {
    setQuery('');
  };
  return (
    <TextInput
      id={searchFieldId}
      className={styles.field}
      classNames={{ input: styles.input }}
      type="search"
      role="searchbox"
      aria-label={t('search.placeholder')}
      placeholder={t('search.placeholder')}
      value={query}
      onChange={(event) => {
        setQuery(event.currentTarget.value);
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape') clear();
      }}
      leftSection={<IconSearch size={14} aria-hidden="true" />}
      rightSectionWidth={query === '' ? 52 : 28}
      rightSection={
        query === '' ? (
          <span className={styles.key} aria-hidden="true">
            {writeKey(find.key ?? '', isMacPlatform())}
          </span>
        ) : (
          <button type="button" className={styles.clear} aria-label={t('search.clear')} onClick={clear}>
            <IconX size={13} aria-hidden="true" />
          </button>
        )
      }
      data-testid="library.search"
    />
  );
}
