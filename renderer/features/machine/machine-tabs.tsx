import { useRef, type KeyboardEvent } from 'react';
import type { MachineView } from '../../../core/api/machines.ts';
import { machineTabs, selectTab, useSelection, type MachineTab } from '../../stores/selection.ts';
import styles from './machine-page.module.css';
import { t } from './words.ts';

/** Ids that tie a tab and its panel together. */
export function tabId(tab: MachineTab): string {
  return `tab-${tab}`;
}

export function panelId(tab: MachineTab): string {
  return `panel-${tab}`;
}

/** Summary, Console, Disks, Settings. Arrows go from tab to tab and show it. */
export function MachineTabs({ machine }: { readonly machine: MachineView }) {
  const current = useSelection((state) => state.tab);
  const list = useRef<HTMLDivElement>(null);

  const onKeyDown = (event: KeyboardEvent) => {
    const index = machineTabs.indexOf(current);
    const places: Readonly<Record<string, number>> = {
      ArrowRight: index + 1,
      ArrowLeft: index - 1,
      Home: 0,
      End: machineTabs.length - 1,
    };
    const place = places[event.key];
    if (place === undefined) return;
    const next = machineTabs[(place + machineTabs.length) % machineTabs.length];
    if (next === undefined) return;
    event.preventDefault();
    selectTab(next);
    list.current?.querySelector<HTMLElement>(`#${tabId(next)}`)?.focus();
  };

  return (
    <div
      ref={list}
      className={styles.tabs}
      role="tablist"
      aria-label={t('tabs.name', { vm: machine.name })}
      onKeyDown={onKeyDown}
    >
      {machineTabs.map((tab) => (
        <button
          key={tab}
          type="button"
          role="tab"
          id={tabId(tab)}
          className={styles.tab}
          aria-selected={tab === current}
          aria-controls={panelId(tab)}
          tabIndex={tab === current ? 0 : -1}
          data-testid={`tab.${tab}`}
          onClick={() => {
            selectTab(tab);
          }}
        >
          {t(`tab.${tab}`)}
        </button>
      ))}
    </div>
  );
}
