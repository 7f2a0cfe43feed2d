import { IconClock, IconDatabase, IconFolder, IconFolderOpen } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { fileName } from '../../words/file-name.ts';
import { showError } from '../../stores/dialogs.ts';
import { useRecentFolders } from '../../stores/recent-folders.ts';
import { useShellInfo } from '../../stores/shell-info.ts';
import { asRedoubtError } from '../../transport/as-redoubt-error.ts';
import { pickNatively } from './pick-path.ts';
import { t } from './picker-words.ts';
import type { Picker } from './use-picker.ts';
import styles from './picker.module.css';

/** Where to look. `Browse files…` is the system's dialog where there is one, else the folders of the host. */
export function PlacesList({ picker }: { picker: Picker }) {
  const recent = useRecentFolders((state) => state.folders);
  const info = useShellInfo((state) => state.info);
  const { request, place, goTo } = picker;
  const isAt = (directory: string) => place.kind === 'folder' && place.directory === directory;

  const browse = () => {
    if (info?.hasNativeDialogs !== true) {
      goTo({ kind: 'folder', directory: undefined });
      return;
    }
    pickNatively({
      what: request.what,
      ...(picker.directory === undefined ? {} : { directory: picker.directory }),
    }).then(
      (path) => {
        if (path !== undefined) picker.choose(path);
      },
      (error: unknown) => {
        showError(asRedoubtError(error));
      },
    );
  };

  return (
    <nav className={styles.places} aria-label={t('picker.places')}>
      {request.what === 'disk' ? (
        <Place
          icon={<IconDatabase size={15} />}
          isHere={place.kind === 'known'}
          testId="picker.known"
          onGo={() => {
            goTo({ kind: 'known' });
          }}
        >
          {t('picker.known')}
        </Place>
      ) : undefined}
      {request.machineDirectory === undefined || request.machineDirectory === '' ? undefined : (
        <Place
          icon={<IconFolder size={15} />}
          isHere={isAt(request.machineDirectory)}
          testId="picker.machine"
          onGo={() => {
            goTo({ kind: 'folder', directory: request.machineDirectory });
          }}
        >
          {t('picker.machine')}
        </Place>
      )}
      <Place
        icon={<IconFolderOpen size={15} />}
        isHere={place.kind === 'folder' && place.directory === undefined}
        testId="picker.browse"
        onGo={browse}
      >
        {t('picker.browse')}
      </Place>
      {recent.length === 0 ? undefined : <p className={styles.placeGroup}>{t('picker.recent')}</p>}
      {recent.map((folder) => (
        <Place
          key={folder}
          icon={<IconClock size={15} />}
          isHere={isAt(folder)}
          testId="picker.recent"
          title={folder}
          onGo={() => {
            goTo({ kind: 'folder', directory: folder });
          }}
        >
          {fileName(folder) || folder}
        </Place>
      ))}
    </nav>
  );
}

function Place(props: {
  icon: ReactNode;
  isHere: boolean;
  testId: string;
  title?: string;
  onGo: () => void;
  children: ReactNode;
}) {
  return (
    <button
      type="button"
      className={styles.place}
      aria-current={props.isHere ? 'location' : undefined}
      data-testid={props.testId}
      title={props.title}
      onClick={props.onGo}
    >
      <span aria-hidden="true" className={styles.rowIcon}>
        {props.icon}
      </span>
      <span className={styles.placeName}>{props.children}</span>
    </button>
  );
}
