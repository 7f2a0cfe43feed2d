import type { GroupId, GroupRow, LeafRow } from './library-tree.ts';

/** The rows that are on screen, from top to bottom: the groups and the leaves of those that are open. */
export function visibleRows(
  groups: readonly GroupRow[],
  closed: ReadonlySet<GroupId>,
): readonly (GroupRow | LeafRow)[] {
  return groups.flatMap((group) => [group, ...(closed.has(group.key) ? [] : group.leaves)]);
}

/** What a key does in the tree: move to another row, open or close a group, or nothing. */
export type TreeMove = { kind: 'focus'; key: string } | { kind: 'open' | 'close'; group: GroupId } | undefined;

/** The move of a key, as trees do: arrows, Home and End, and letters that find the next name beginning with them. */
export function treeMove(
  rows: readonly (GroupRow | LeafRow)[],
  closed: ReadonlySet<GroupId>,
  focusedKey: string,
  key: string,
  typed: string,
): TreeMove {
  const index = rows.findIndex((row) => row.key === focusedKey);
  const row = rows[index];
  if (row === undefined) return undefined;
  const to = (target: GroupRow | LeafRow | undefined): TreeMove =>
    target === undefined ? undefined : { kind: 'focus', key: target.key };
  switch (key) {
    case 'ArrowDown':
      return to(rows[index + 1]);
    case 'ArrowUp':
      return to(rows[index - 1]);
    case 'Home':
      return to(rows[0]);
    case 'End':
      return to(rows.at(-1));
    case 'ArrowRight':
      if (row.kind === 'leaf') return undefined;
      if (closed.has(row.key)) return { kind: 'open', group: row.key };
      return row.leaves.length > 0 ? to(rows[index + 1]) : undefined;
    case 'ArrowLeft': {
      if (row.kind === 'group') return closed.has(row.key) ? undefined : { kind: 'close', group: row.key };
      return to(rows.slice(0, index).findLast((above) => above.kind === 'group'));
    }
    default:
      return typed === '' ? undefined : to(findTyped(rows, index, typed));
  }
}

/** One letter looks on from the next row, more letters stay where they fit; both go round the end. */
function findTyped(
  rows: readonly (GroupRow | LeafRow)[],
  index: number,
  typed: string,
): GroupRow | LeafRow | undefined {
  const start = typed.length > 1 ? index : index + 1;
  const order = [...rows.slice(start), ...rows.slice(0, start)];
  return order.find((row) => row.text.toLocaleLowerCase().startsWith(typed.toLocaleLowerCase()));
}
