import { Menu } from '@mantine/core';
import { useRef, useState, type KeyboardEvent } from 'react';
import { useActionContext } from '../../actions/context.ts';
import { menus } from '../../actions/action-table.ts';
import { MenuItems } from '../../components/menu-items.tsx';
import styles from './menu-bar.module.css';

/**
 * The menu bar, drawn in the page in both shells. One tab stop; the arrows go from menu to menu, also while
 * one is open; the pointer opens a neighbour once one is open.
 */
export function MenuBar() {
  const [open, setOpen] = useState<string>();
  const [current, setCurrent] = useState(0);
  const buttons = useRef<(HTMLButtonElement | null)[]>([]);
  const dropdowns = useRef<(HTMLDivElement | null)[]>([]);
  const context = useActionContext();

  const go = (from: number, step: number) => {
    const next = (from + step + menus.length) % menus.length;
    setCurrent(next);
    buttons.current[next]?.focus();
    if (open !== undefined) setOpen(menus[next]?.id);
  };
  const onKeyDown = (event: KeyboardEvent, index: number) => {
    if (event.key === 'ArrowRight') go(index, 1);
    else if (event.key === 'ArrowLeft') go(index, -1);
    // A menu that was just opened by the pointer has not taken the focus yet.
    else if (event.key === 'Escape' && open !== undefined) setOpen(undefined);
    else if (event.key === 'ArrowDown' && open === undefined) setOpen(menus[index]?.id);
    else if (event.key === 'ArrowDown')
      dropdowns.current[index]?.querySelector<HTMLElement>('[data-menu-item]')?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div className={styles.bar} role="menubar" aria-label="Main menu">
      {menus.map((menu, index) => (
        <Menu
          key={menu.id}
          opened={open === menu.id}
          onChange={(isOpen) => {
            // A menu that closes because its neighbour opened must not close that one.
            setOpen((before) => (isOpen ? menu.id : before === menu.id ? undefined : before));
          }}
          position="bottom-start"
          offset={0}
          width={292}
          trapFocus
          returnFocus={false}
          onExitTransitionEnd={() => {
            // Back to the menu's name, unless what was chosen took the focus elsewhere.
            if (document.activeElement === document.body) buttons.current[index]?.focus();
          }}
          loop
          withInitialFocusPlaceholder={false}
        >
          <Menu.Target>
            <button
              ref={(element) => {
                buttons.current[index] = element;
              }}
              type="button"
              role="menuitem"
              className={styles.title}
              data-open={open === menu.id || undefined}
              data-testid={`menu.${menu.id}`}
              tabIndex={index === current ? 0 : -1}
              onFocus={() => {
                setCurrent(index);
              }}
              onPointerEnter={() => {
                if (open !== undefined && open !== menu.id) setOpen(menu.id);
              }}
              onKeyDown={(event) => {
                onKeyDown(event, index);
              }}
            >
              {menu.label}
            </button>
          </Menu.Target>
          <Menu.Dropdown
            ref={(element: HTMLDivElement | null) => {
              dropdowns.current[index] = element;
            }}
            className={styles.dropdown}
            aria-label={menu.label}
            onKeyDown={(event) => {
              if (event.key === 'ArrowRight' || event.key === 'ArrowLeft') onKeyDown(event, index);
            }}
          >
            <MenuItems items={menu.items} context={context} testId="menu" />
          </Menu.Dropdown>
        </Menu>
      ))}
    </div>
  );
}
