import { IconPlus } from '@tabler/icons-react';
import { useMemo, useRef, useState, type KeyboardEvent, type MouseEvent } from 'react';
import { baseMenu, machineMenu } from '../../actions/action-table.ts';
import { useActionContext } from '../../actions/context.ts';
import { newMachine } from '../../actions/new-machine.ts';
import { runAction } from '../../actions/run-action.ts';
import { ContextMenu, type ContextMenuRequest } from '../../components/context-menu.tsx';
import { useMachines } from '../../stores/machines.ts';
import { setQuery, useSelection, type Selection } from '../../stores/selection.ts';
import { GroupHead, LeafRowView } from './tree-rows.tsx';
import { libraryTree, type GroupId, type GroupRow, type LeafRow } from './library-tree.ts';
import styles from './sidebar.module.css';
import { treeMove, visibleRows } from './tree-keys.ts';
import { t } from './words.ts';

/** Letters typed within this time belong together. */
const typeAheadMs = 700;

/** The library: bases, machines, and machines whose changes wait, as a tree. */
export function Sidebar() {
  const machines = useMachines((state) => state.machines);
  const { query, selection } = useSelection();
  const [closed, setClosed] = useState<ReadonlySet<GroupId>>(new Set());
  const [focusedKey, setFocusedKey] = useState<string>('machines');
  const [menu, setMenu] = useState<ContextMenuRequest>();
  const tree = useRef<HTMLDivElement>(null);
  const typed = useRef({ text: '', at: 0 });
  const context = useActionContext();

  const groups = useMemo(() => libraryTree(machines, query), [machines, query]);
  const rows = visibleRows(groups, closed);
  const tabStop = rows.some((row) => row.key === focusedKey) ? focusedKey : (rows[0]?.key ?? '');
  const selectedKey = selectedRow(rows, selection, focusedKey);
  const hasMatches = query.trim() === '' || rows.some((row) => row.kind === 'leaf');

  const focusRow = (key: string) => {
    setFocusedKey(key);
    tree.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`)?.focus();
  };
  const setOpen = (group: GroupId, isOpen: boolean) => {
    const next = new Set(closed);
    if (isOpen) next.delete(group);
    else next.add(group);
    setClosed(next);
  };
  const choose = (row: LeafRow) => {
    setFocusedKey(row.key);
    useSelection.setState({ selection: row.target });
  };
  const openMenu = (row: LeafRow, x: number, y: number) => {
    choose(row);
    setMenu({ x, y, target: row.target, items: row.base === undefined ? machineMenu : baseMenu });
  };

  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const row = rows.find((candidate) => candidate.key === tabStop);
    if (row === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const isMenuKey = event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey);
    if (isMenuKey && row.kind === 'leaf') {
      const box = (event.target as HTMLElement).getBoundingClientRect();
      openMenu(row, box.left + 24, box.bottom);
    } else if (event.key === 'Enter' || event.key === ' ') {
      if (row.kind === 'leaf') choose(row);
      else setOpen(row.key, closed.has(row.key));
    } else {
      const move = treeMove(rows, closed, tabStop, event.key, typeAhead(typed.current, event));
      if (move === undefined) return;
      if (move.kind === 'focus') focusRow(move.key);
      else setOpen(move.group, move.kind === 'open');
    }
    event.preventDefault();
  };
  const onContextMenu = (event: MouseEvent, row: LeafRow) => {
    event.preventDefault();
    openMenu(row, event.clientX, event.clientY);
  };

  return (
    <nav className={styles.sidebar} aria-label={t('library')}>
      <div className={styles.head}>
        <h2 className={styles.title}>{t('library')}</h2>
        <button
          type="button"
          className={styles.add}
          aria-label={t('new')}
          title={t('new')}
          data-testid="library.new"
          onClick={() => {
            runAction(newMachine, context);
          }}
        >
          <IconPlus size={16} aria-hidden="true" />
        </button>
      </div>
      {hasMatches ? undefined : (
        <div className={styles.none} role="status">
          <p>{t('search.none', { query: query.trim() })}</p>
          <button
            type="button"
            className={styles.link}
            onClick={() => {
              setQuery('');
            }}
          >
            {t('search.clear')}
          </button>
        </div>
      )}
      <div
        ref={tree}
        className={styles.tree}
        role="tree"
        aria-label={t('library')}
        onKeyDown={onKeyDown}
        data-testid="library.tree"
        hidden={!hasMatches}
      >
        {groups.map((group) => {
          const isOpen = !closed.has(group.key);
          return (
            <GroupHead
              key={group.key}
              group={group}
              isOpen={isOpen}
              isTabStop={tabStop === group.key}
              onFocus={() => {
                setFocusedKey(group.key);
              }}
              onToggle={() => {
                setOpen(group.key, !isOpen);
              }}
            >
              {group.leaves.map((row) => (
                <LeafRowView
                  key={row.key}
                  row={row}
                  isSelected={row.key === selectedKey}
                  isTabStop={tabStop === row.key}
                  onFocus={() => {
                    setFocusedKey(row.key);
                  }}
                  onChoose={() => {
                    choose(row);
                  }}
                  onContextMenu={(event) => {
                    onContextMenu(event, row);
                  }}
                />
              ))}
            </GroupHead>
          );
        })}
      </div>
      {menu === undefined ? undefined : (
        <ContextMenu
          request={menu}
          onClose={() => {
            setMenu(undefined);
            // Back to the row, unless what was chosen took the focus elsewhere.
            requestAnimationFrame(() => {
              if (document.activeElement === document.body) focusRow(tabStop);
            });
          }}
        />
      )}
    </nav>
  );
}

/** A machine may stand in two groups: the row that was used last counts as selected, else the first. */
function selectedRow(
  rows: readonly (GroupRow | LeafRow)[],
  selection: Selection,
  focusedKey: string,
): string | undefined {
  const fitting = rows.filter((row) => row.kind === 'leaf' && isSame(row.target, selection));
  return (fitting.find((row) => row.key === focusedKey) ?? fitting[0])?.key;
}

function isSame(a: Selection, b: Selection): boolean {
  if (a.kind === 'machine') return b.kind === 'machine' && a.id === b.id;
  if (a.kind === 'base') return b.kind === 'base' && a.path === b.path;
  return false;
}

/** The letters typed so far, with this one; empty for keys that aren't letters. */
function typeAhead(typed: { text: string; at: number }, event: KeyboardEvent): string {
  if (event.key.length !== 1) return '';
  const now = event.timeStamp;
  typed.text = now - typed.at < typeAheadMs ? typed.text + event.key : event.key;
  typed.at = now;
  return typed.text;
}
