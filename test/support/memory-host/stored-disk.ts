import type { SeededRandom } from '../seeded-random.ts';
import { FileContent } from './file-content.ts';

/** A file, a folder or a symbolic link, whatever its names are. */
export type InodeKind = 'file' | 'folder' | 'symbolic-link';

export class Inode {
  readonly number: number;
  readonly kind: InodeKind;
  mode: number;
  links = 0;
  modifiedMs = 0;
  changedMs = 0;
  /** The life of the process that made it. */
  madeBy: unknown;
  /** Of a symbolic link; it is durable with its name. */
  target = '';
  content = new FileContent();
  /** Of a folder: as programs see it, and as the device has it. */
  entries = new Map<string, Inode>();
  durableEntries = new Map<string, Inode>();

  constructor(number: number, kind: InodeKind, mode: number) {
    this.number = number;
    this.kind = kind;
    this.mode = mode;
  }
}

interface NameChange {
  readonly folder: Inode;
  readonly name: string;
  /** Absent: the name goes. */
  readonly inode: Inode | undefined;
}

/** What happens whole or not at all, whatever else does: making a file, removing one, renaming one. */
type NameStep = readonly NameChange[];

/**
 * Files and folders in memory that forget what was not synced: bytes and lengths until their file is, names
 * until their folder is. A rename is one step, as on every file system with a journal; steps that do not
 * touch the same names may be kept or lost in any combination.
 */
export class StoredDisk {
  root: Inode;
  private steps: NameStep[] = [];
  private lastInode = 1;

  constructor() {
    this.root = new Inode(1, 'folder', 0o755);
  }

  makeInode(kind: InodeKind, mode: number): Inode {
    return new Inode(++this.lastInode, kind, mode);
  }

  change(...step: NameStep): void {
    for (const { folder, name, inode } of step) {
      if (inode === undefined) folder.entries.delete(name);
      else folder.entries.set(name, inode);
    }
    this.steps.push(step);
  }

  /** Makes names in a folder durable, and with a rename what it did in the other folder. */
  syncFolder(folder: Inode): void {
    const touches = (step: NameStep): boolean => step.some((change) => change.folder === folder);
    for (const step of this.steps.filter(touches)) applyDurably(step);
    this.steps = this.steps.filter((step) => !touches(step));
  }

  /** Everything unsynced is kept in part, in any order that syncs do not forbid. */
  losePower(random: SeededRandom): void {
    // A journal keeps the first ones; other file systems keep any that do not build upon a lost one.
    const kept = random.below(3) === 0 ? random.below(this.steps.length + 1) : undefined;
    const lost: NameStep[] = [];
    for (const [index, step] of this.steps.entries()) {
      const isKept = kept === undefined ? random.below(2) === 0 && !lost.some((one) => meet(one, step)) : index < kept;
      if (isKept) applyDurably(step);
      else lost.push(step);
    }
    this.steps = [];
    const links = new Map<Inode, number>();
    this.visit(this.root, true, (inode) => {
      if (inode.kind === 'folder') inode.entries = new Map(inode.durableEntries);
      if (!links.has(inode)) inode.content.losePower(random);
      links.set(inode, (links.get(inode) ?? 0) + 1);
    });
    for (const [inode, count] of links) inode.links = count;
  }

  /** Everything is on the device. */
  syncAll(): void {
    for (const step of this.steps) applyDurably(step);
    this.steps = [];
    this.visit(this.root, false, (inode) => {
      inode.content.beginSync()();
    });
  }

  /** An independent disk with the same content, which must be synced. */
  copy(): StoredDisk {
    const copy = new StoredDisk();
    copy.lastInode = this.lastInode;
    const copies = new Map<Inode, Inode>();
    const copyInode = (inode: Inode): Inode => {
      const known = copies.get(inode);
      if (known !== undefined) return known;
      const made = new Inode(inode.number, inode.kind, inode.mode);
      copies.set(inode, made);
      Object.assign(made, { links: inode.links, modifiedMs: inode.modifiedMs, changedMs: inode.changedMs });
      made.target = inode.target;
      made.content = inode.content.copy();
      made.entries = new Map([...inode.entries].map(([name, entry]) => [name, copyInode(entry)]));
      made.durableEntries = new Map(made.entries);
      return made;
    };
    copy.root = copyInode(this.root);
    return copy;
  }

  /** Calls `act` for every file and folder, a file with several names several times. */
  visit(folder: Inode, durably: boolean, act: (inode: Inode, path: string) => void, path = ''): void {
    act(folder, path);
    for (const [name, inode] of durably ? folder.durableEntries : folder.entries) {
      if (inode.kind === 'folder') this.visit(inode, durably, act, `${path}/${name}`);
      else act(inode, `${path}/${name}`);
    }
  }
}

function applyDurably(step: NameStep): void {
  for (const { folder, name, inode } of step) {
    if (inode === undefined) folder.durableEntries.delete(name);
    else folder.durableEntries.set(name, inode);
  }
}

function meet(one: NameStep, other: NameStep): boolean {
  return one.some((a) => other.some((b) => a.folder === b.folder && a.name === b.name));
}
