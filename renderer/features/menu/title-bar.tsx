import { MenuBar } from './menu-bar.tsx';
import { RedoubtMark } from '../../components/redoubt-mark.tsx';
import { SearchField } from '../library/search-field.tsx';
import styles from './title-bar.module.css';

/** The strip at the top: mark, menus, search. */
export function TitleBar() {
  return (
    <header className={styles.strip}>
      <RedoubtMark size={18} />
      <MenuBar />
      <div className={styles.space} />
      <SearchField />
    </header>
  );
}
