import { IconCpu2, IconDatabase, IconDisc, IconNetwork, IconPlug } from '@tabler/icons-react';
import { useId, useRef, type KeyboardEvent } from 'react';
import { deviceItems } from './device-items.ts';
import { t } from './settings-words.ts';
import type { Editor } from './use-settings.ts';
import styles from './settings.module.css';

const icons = { memory: IconCpu2, disk: IconDatabase, cdrom: IconDisc, network: IconNetwork, serial: IconPlug };

/** The hardware list. One tab stop; arrows, Home and End choose, and the page beside it follows. */
export function DeviceList({ editor }: { editor: Editor }) {
  const { settings, machine, place } = editor;
  const id = useId();
  const list = useRef<HTMLUListElement>(null);
  const items = deviceItems(settings, machine);
  const current = items.findIndex((item) => item.place === place);

  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Partial<Record<string, number>> = {
      ArrowDown: current + 1,
      ArrowUp: current - 1,
      Home: 0,
      End: items.length - 1,
    };
    const target = items[steps[event.key] ?? -1];
    if (target === undefined) return;
    event.preventDefault();
    editor.goTo(target.place);
    list.current?.children[items.indexOf(target)]?.scrollIntoView({ block: 'nearest' });
  };

  return (
    <div className={styles.devices}>
      <ul
        ref={list}
        role="listbox"
        aria-label={t('devices')}
        aria-activedescendant={`${id}-${String(current)}`}
        tabIndex={0}
        className={styles.deviceList}
        data-testid="settings.devices"
        onKeyDown={onKeyDown}
      >
        {items.map((item, index) => {
          const Icon = icons[item.icon];
          return (
            <li
              key={item.place}
              id={`${id}-${String(index)}`}
              role="option"
              aria-selected={index === current}
              className={styles.device}
              data-testid={`settings.device.${item.place}`}
              onClick={() => {
                editor.goTo(item.place);
              }}
            >
              <Icon size={16} aria-hidden="true" className={styles.deviceIcon} />
              <span className={styles.deviceWords}>
                <span>{item.name}</span>
                <span className={styles.quiet}>{item.summary}</span>
              </span>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
