import { readFileIfThere, removeFile, replaceFile } from '../../base/atomic-file.ts';
import { statusIfThere } from '../../base/file-status.ts';
import { RedoubtError } from '../../base/redoubt-error.ts';
import { withGate } from '../locks/gate.ts';

/**
 * `PARENT.children`: the redo logs that were made over a link, wherever they lie. A hint and not the truth:
 * it can't be written on a read-only share, and logs can be moved; whoever reads it looks at the logs.
 */
export interface ChildEntry {
  readonly path: string;
  readonly linkId: string | undefined;
  readonly owner: string | undefined;
}

/** The entries, or none where there is no list. One that can't be understood counts as none: it is only a hint. */
export function readChildren(parent: string): ChildEntry[] {
  try {
    const text = readFileIfThere(childrenFile(parent));
    if (text === undefined) return [];
    const { children } = JSON.parse(text) as { children?: unknown };
    return Array.isArray(children) ? children.flatMap(readEntry) : [];
  } catch (error) {
    if (error instanceof RedoubtError && error.kind !== 'data') throw error;
    return [];
  }
}

/** Adds a log to its parent's list, or renews its entry. Where the folder refuses, nothing is listed. */
export async function addChild(parent: string, entry: ChildEntry): Promise<void> {
  // A list beside a device would speak of whatever disk has its name next.
  if (statusIfThere(parent)?.isBlockDevice() === true) return;
  try {
    await change(parent, (children) => [...children.filter((child) => child.path !== entry.path), entry]);
  } catch (error) {
    if (error instanceof RedoubtError && (error.is('disk.permission') || error.is('disk.not-found'))) return;
    throw error;
  }
}

/**
 * Lists under `to` all that is listed under `from`: what hangs from the one may be found to hang from the other.
 * The log at the path `except` never will.
 */
export async function copyChildren(from: string, to: string, except?: string): Promise<void> {
  const entries = readChildren(from).filter(({ path }) => path !== except);
  if (entries.length === 0) return;
  try {
    await change(to, (children) => [
      ...children,
      ...entries.filter((entry) => !children.some((child) => child.path === entry.path)),
    ]);
  } catch (error) {
    if (error instanceof RedoubtError && (error.is('disk.permission') || error.is('disk.not-found'))) return;
    throw error;
  }
}

/** Takes a log off its parent's list; the last one takes the list with it. Where that is refused the entry stays, and leads nowhere. */
export async function removeChild(parent: string, path: string): Promise<void> {
  try {
    await change(parent, (children) => children.filter((child) => child.path !== path));
  } catch (error) {
    if (!(error instanceof RedoubtError)) throw error;
  }
}

/** For a link that is gone. Where that is refused the list stays, and leads nowhere. */
export function removeChildrenList(link: string): void {
  try {
    removeFile(childrenFile(link));
  } catch (error) {
    if (!(error instanceof RedoubtError)) throw error;
  }
}

function childrenFile(parent: string): string {
  return `${parent}.children`;
}

async function change(parent: string, edit: (children: ChildEntry[]) => ChildEntry[]): Promise<void> {
  const before = readChildren(parent);
  if (edit(before).length === 0 && before.length === 0) return;
  await withGate(parent, () => {
    const children = edit(readChildren(parent));
    if (children.length === 0) removeFile(childrenFile(parent));
    else replaceFile(childrenFile(parent), encode(children));
  });
}

function encode(children: readonly ChildEntry[]): string {
  const list = children.map(({ path, linkId, owner }) => ({ path, link: linkId, owner }));
  return `${JSON.stringify({ redoubt: 1, children: list }, undefined, 1)}\n`;
}

function readEntry(value: unknown): ChildEntry[] {
  const { path, link, owner } = (value ?? {}) as { path?: unknown; link?: unknown; owner?: unknown };
  if (typeof path !== 'string') return [];
  return [
    { path, linkId: typeof link === 'string' ? link : undefined, owner: typeof owner === 'string' ? owner : undefined },
  ];
}
