import type { MachineView } from '../../../core/api/machines.ts';
import { useActionContext } from '../../actions/context.ts';
import { StateIcon, powerWords } from '../../components/state-icon.tsx';
import { useSelection } from '../../stores/selection.ts';
import { ConsoleView } from '../console/console-view.tsx';
import { DisksTab } from './disks-tab.tsx';
import { MachineNotices } from './machine-notices.tsx';
import styles from './machine-page.module.css';
import { MachineTabs, panelId, tabId } from './machine-tabs.tsx';
import { MachineToolbar } from './machine-toolbar.tsx';
import { SettingsTab } from './settings-tab.tsx';
import { SummaryTab } from './summary-tab.tsx';

/** One machine: toolbar, name and state, and its four views. */
export function MachinePage({ machine }: { readonly machine: MachineView }) {
  const tab = useSelection((state) => state.tab);
  const context = useActionContext();
  return (
    <section className={styles.page} aria-label={machine.name} data-testid="machine">
      <header className={styles.header}>
        <MachineToolbar context={context} />
        <h1 className={styles.name} data-testid="machine.name">
          {machine.name}
        </h1>
        <p className={styles.state} data-testid="machine.state" data-power={machine.power}>
          <StateIcon power={machine.power} />
          <span>{powerWords(machine.power)}</span>
        </p>
      </header>
      <MachineTabs machine={machine} />
      <MachineNotices machine={machine} />
      <div
        className={styles.panel}
        role="tabpanel"
        id={panelId(tab)}
        aria-labelledby={tabId(tab)}
        data-tab={tab}
        tabIndex={-1}
      >
        {tab === 'summary' ? <SummaryTab machine={machine} /> : undefined}
        {tab === 'console' ? <ConsoleView key={machine.id} machine={machine} /> : undefined}
        {tab === 'disks' ? <DisksTab machine={machine} /> : undefined}
        {tab === 'settings' ? <SettingsTab machine={machine} /> : undefined}
      </div>
    </section>
  );
}
