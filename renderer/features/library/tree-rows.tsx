import {
  IconAlertTriangleFilled,
  IconChevronDown,
  IconChevronRight,
  IconCircleOff,
  IconDatabase,
  IconLockFilled,
  IconSquareRotatedFilled,
} from '@tabler/icons-react';
import type { MouseEvent, ReactNode } from 'react';
import { StateIcon } from '../../components/state-icon.tsx';
import { formatSize } from '../../words/sizes.ts';
import type { Badge, GroupRow, LeafRow } from './library-tree.ts';
import styles from './sidebar.module.css';
import { t } from './words.ts';

const badgeIcons = {
  waiting: IconSquareRotatedFilled,
  nonpersistent: IconCircleOff,
  protected: IconLockFilled,
  attention: IconAlertTriangleFilled,
} as const satisfies Record<Badge, typeof IconCircleOff>;

/** A group of the tree with its rows. */
export function GroupHead(props: {
  readonly group: GroupRow;
  readonly isOpen: boolean;
  readonly isTabStop: boolean;
  readonly onFocus: () => void;
  readonly onToggle: () => void;
  readonly children: ReactNode;
}) {
  const { group, isOpen, isTabStop, onFocus, onToggle, children } = props;
  const Chevron = isOpen ? IconChevronDown : IconChevronRight;
  return (
    <>
      <div
        className={styles.group}
        role="treeitem"
        aria-level={1}
        aria-expanded={isOpen}
        aria-selected={false}
        tabIndex={isTabStop ? 0 : -1}
        data-key={group.key}
        data-focus-home={group.key === 'machines' || undefined}
        data-testid={`tree.${group.key}`}
        onFocus={onFocus}
        onClick={onToggle}
      >
        <Chevron size={14} aria-hidden="true" />
        <span>{group.text}</span>
        <span className={styles.count} aria-hidden="true">
          {group.leaves.length}
        </span>
      </div>
      {isOpen ? children : undefined}
      {isOpen && group.leaves.length === 0 && group.key !== 'machines' ? (
        <p className={styles.hint}>{group.key === 'bases' ? t('empty.bases') : t('empty.waiting')}</p>
      ) : undefined}
    </>
  );
}

/** A machine or a base in the tree. */
export function LeafRowView(props: {
  readonly row: LeafRow;
  readonly isSelected: boolean;
  readonly isTabStop: boolean;
  readonly onFocus: () => void;
  readonly onChoose: () => void;
  readonly onContextMenu: (event: MouseEvent) => void;
}) {
  const { row, isSelected, isTabStop, onFocus, onChoose, onContextMenu } = props;
  const kind = row.key.slice(0, row.key.indexOf(':'));
  const testId =
    row.machine === undefined
      ? `tree.base.${row.text}`
      : `tree.${kind === 'waiting' ? 'waiting' : 'vm'}.${row.machine.id}`;
  return (
    <div
      className={styles.leaf}
      role="treeitem"
      aria-level={2}
      aria-selected={isSelected}
      aria-label={row.name}
      tabIndex={isTabStop ? 0 : -1}
      data-key={row.key}
      data-testid={testId}
      onFocus={onFocus}
      onClick={onChoose}
      onContextMenu={onContextMenu}
    >
      {row.machine === undefined ? (
        <IconDatabase className={styles.baseIcon} size={15} aria-hidden="true" />
      ) : (
        <StateIcon power={row.machine.power} />
      )}
      <span className={styles.text}>{row.text}</span>
      {row.bytes === undefined ? undefined : <span className={styles.bytes}>{formatSize(row.bytes)}</span>}
      {row.bytes === undefined ? row.badges.map((badge) => <BadgeIcon key={badge} badge={badge} />) : undefined}
    </div>
  );
}

function BadgeIcon({ badge }: { readonly badge: Badge }) {
  const Icon = badgeIcons[badge];
  return (
    <span className={styles.badge} title={t(`badge.${badge}`)} data-badge={badge}>
      <Icon size={12} aria-hidden="true" />
    </span>
  );
}
