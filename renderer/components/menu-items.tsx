import { Menu } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import type { ActionContext } from '../actions/action.ts';
import { separator, type MenuGroup } from '../actions/action-table.ts';
import { ariaKey, isMacPlatform, offeredKey, writeKey } from '../actions/keys.ts';
import { runAction } from '../actions/run-action.ts';
import styles from './menu-items.module.css';

/** The items of a menu, drawn from the action table: tick, name, key, and the reason where one is disabled. */
export function MenuItems(props: {
  readonly items: MenuGroup['items'];
  readonly context: ActionContext;
  /** Prefix of the items' test ids: menu, context. */
  readonly testId: string;
}) {
  const { items, context, testId } = props;
  const isMac = isMacPlatform();
  const offered = items.filter((item) => item === separator || (item.isOffered?.(context) ?? true));
  return offered.map((item, index) => {
    if (item === separator) {
      const isNeeded = index > 0 && index < offered.length - 1 && offered[index - 1] !== separator;
      return isNeeded ? <Menu.Divider key={`line-${String(index)}`} /> : undefined;
    }
    const enabled = item.enabledWhen(context);
    const key = offeredKey(item.key, context.shell);
    const isChecked = item.isChecked?.(context);
    return (
      <Menu.Item
        key={item.id}
        className={styles.item}
        role={isChecked === undefined ? 'menuitem' : 'menuitemcheckbox'}
        {...(isChecked === undefined ? {} : { 'aria-checked': isChecked })}
        aria-disabled={enabled !== true || undefined}
        aria-keyshortcuts={key === undefined ? undefined : ariaKey(key, isMac)}
        title={enabled === true ? undefined : enabled}
        data-danger={item.isDanger || undefined}
        data-unavailable={enabled !== true || undefined}
        data-testid={`${testId}.${item.id}`}
        closeMenuOnClick={enabled === true}
        leftSection={
          <span className={styles.tick}>
            {isChecked === true ? <IconCheck size={14} aria-hidden="true" /> : undefined}
          </span>
        }
        rightSection={
          key === undefined ? undefined : (
            <span className={styles.key} aria-hidden="true">
              {writeKey(key, isMac)}
            </span>
          )
        }
        onClick={() => {
          runAction(item, context);
        }}
      >
        {item.label}
      </Menu.Item>
    );
  });
}
