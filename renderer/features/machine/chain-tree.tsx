import {
  IconCornerDownRight,
  IconDatabase,
  IconLockFilled,
  IconPencil,
  IconSquareRotatedFilled,
} from '@tabler/icons-react';
import { useRef, useState, type KeyboardEvent } from 'react';
import type { ChainRow } from './chain-rows.ts';
import styles from './disks-tab.module.css';
import { t } from './words.ts';

const stateIcons = {
  'read-only': IconLockFilled,
  writing: IconPencil,
  waiting: IconSquareRotatedFilled,
  plain: undefined,
} as const;

/** A chain as a tree of one branch. Up and Down go through it; every row says all of itself. */
export function ChainTree({ label, rows }: { readonly label: string; readonly rows: readonly ChainRow[] }) {
  const tree = useRef<HTMLDivElement>(null);
  const [current, setCurrent] = useState(0);
  const onKeyDown = (event: KeyboardEvent) => {
    const places: Readonly<Record<string, number>> = {
      ArrowDown: Math.min(rows.length - 1, current + 1),
      ArrowUp: Math.max(0, current - 1),
      Home: 0,
      End: rows.length - 1,
    };
    const place = places[event.key];
    if (place === undefined) return;
    event.preventDefault();
    setCurrent(place);
    tree.current?.querySelectorAll<HTMLElement>('[role=treeitem]')[place]?.focus();
  };
  return (
    <div
      ref={tree}
      className={styles.tree}
      role="tree"
      aria-label={label}
      onKeyDown={onKeyDown}
      data-testid="disks.chain"
    >
      {rows.map((row, index) => {
        const StateIcon = stateIcons[row.stateKind];
        return (
          <div
            key={row.path}
            className={styles.row}
            role="treeitem"
            aria-level={row.level}
            aria-label={row.name}
            aria-selected={index === current}
            tabIndex={index === current ? 0 : -1}
            title={row.path}
            data-role={row.role}
            data-state={row.stateKind}
            onFocus={() => {
              setCurrent(index);
            }}
          >
            <span className={styles.file} style={{ paddingInlineStart: (row.level - 1) * 20 }}>
              {row.role === 'base' ? (
                <IconDatabase size={16} className={styles.base} aria-hidden="true" />
              ) : (
                <IconCornerDownRight size={16} className={styles.branch} aria-hidden="true" />
              )}
              <span dir="ltr" data-selectable>
                {row.file}
              </span>
            </span>
            <span className={styles.kind}>{row.role === 'base' ? t('disks.base') : t('disks.redo-log')}</span>
            <span className={styles.users}>
              {row.users.length === 0 ? '' : t('disks.used-by', { names: row.users.join(', ') })}
            </span>
            <span className={styles.size}>{row.size}</span>
            <span className={styles.state}>
              {StateIcon === undefined ? undefined : <StateIcon size={13} aria-hidden="true" />}
              {row.state}
            </span>
          </div>
        );
      })}
    </div>
  );
}
