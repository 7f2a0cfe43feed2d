import { useEffect } from 'react';
import styles from './app.module.css';
import { useShortcuts } from './actions/use-shortcuts.ts';
import { Toasts } from './components/toasts.tsx';
import { MainArea } from './features/library/main-area.tsx';
import { Sidebar } from './features/library/sidebar.tsx';
import { SidebarEdge } from './features/library/sidebar-edge.tsx';
import { TitleBar } from './features/menu/title-bar.tsx';
import { DialogHost } from './features/dialogs/dialog-host.tsx';
import { t } from './features/machine/words.ts';
import { ConnectionBanner } from './features/tasks/connection-banner.tsx';
import { StatusBar } from './features/tasks/status-bar.tsx';
import { useJobNews } from './features/tasks/use-job-news.ts';
import { useMachine } from './stores/machines.ts';
import { usePreferences } from './stores/preferences.ts';
import { useSelection } from './stores/selection.ts';

/** The window: title strip, library at the left, what is selected, status strip, and everything above them. */
export function App() {
  useShortcuts();
  useJobNews();
  useWindowTitle();
  const { isSidebarVisible, sidebarWidthPx } = usePreferences();
  return (
    <div className={styles.window}>
      <TitleBar />
      <ConnectionBanner />
      <div className={styles.middle}>
        {isSidebarVisible ? (
          <>
            <div style={{ flex: 'none', width: sidebarWidthPx }}>
              <Sidebar />
            </div>
            <SidebarEdge />
          </>
        ) : undefined}
        <main className={styles.main}>
          <MainArea />
        </main>
      </div>
      <StatusBar />
      <Toasts />
      <DialogHost />
    </div>
  );
}

/** The selected machine's name stands in the window's title, and that it forgets where it does. */
function useWindowTitle(): void {
  const selection = useSelection((state) => state.selection);
  const machine = useMachine(selection.kind === 'machine' ? selection.id : undefined);
  const isForgetful = machine?.power === 'running' && machine.disks.some((disk) => disk.mode === 'nonpersistent');
  const parts = [machine?.name, isForgetful ? t('nonpersistent.banner') : undefined, 'Redoubt'];
  const title = parts.filter((part) => part !== undefined).join(' — ');
  useEffect(() => {
    document.title = title;
  }, [title]);
}
