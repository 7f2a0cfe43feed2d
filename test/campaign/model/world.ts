import type { SeededRandom } from '../../support/seeded-random.ts';
import type { FlatDisk } from './flat-disk.ts';

/** Where lookups are cached in pieces of 8 MiB, and where their borders are. */
const WINDOW_BYTES = 8 * 2 ** 20;

/** A link as the model knows it. */
export interface ModelLink {
  readonly file: string;
  /** What a session names as the disk; absent for a base. */
  parent: ModelLink | undefined;
  disk: FlatDisk;
  /** Rises when the link is opened and written: the content id's counterpart. */
  version: number;
  /** The parent's when the log was laid over it. */
  overVersion: number;
  /** Versions of this link that an old-state link stands for, and over which it lies. */
  readonly oldStates: Map<number, number>;
  /** Itself and the copies of its files, each a link of its own from then on. */
  readonly twins: ModelLink[];
  /** Files and what they held, as they were backed up. */
  backup:
    | { readonly contents: ReadonlyMap<string, Buffer>; readonly bytes: Uint8Array; readonly version: number }
    | undefined;
}

/** Whether a log lies over what its parent holds now, or over an old state that is kept. */
export function fitsParent({ parent, overVersion }: ModelLink): boolean {
  if (parent === undefined) return true;
  for (let at: number | undefined = overVersion; at !== undefined; at = parent.oldStates.get(at))
    if (at === parent.version) return true;
  return false;
}

export function isReadable(link: ModelLink): boolean {
  return fitsParent(link) && (link.parent === undefined || isReadable(link.parent));
}

/** Whether a log lies directly over its parent as that is now. */
export function isDirect(link: ModelLink): boolean {
  return link.parent !== undefined && link.overVersion === link.parent.version;
}

export function childrenOf(links: readonly ModelLink[], link: ModelLink): ModelLink[] {
  return links.filter((one) => one.parent === link);
}

/** A range of a disk, more often small and near to others, and near to where a piece of the lookup cache ends. */
export function drawRange(random: SeededRandom, sizeBytes: number): { at: number; length: number } {
  const unit = random.pick([1, 512, 4096]);
  const borders = Math.floor(sizeBytes / WINDOW_BYTES);
  const drawn =
    borders > 0 && random.below(2) === 0
      ? (1 + random.below(borders)) * WINDOW_BYTES - (10 - random.below(20)) * unit
      : random.below(Math.ceil(sizeBytes / unit)) * unit;
  const at = Math.min(sizeBytes - 1, drawn);
  return {
    at,
    length: Math.min(sizeBytes - at, unit * (1 + random.below(random.pick([2, 8, unit === 1 ? 9000 : 40])))),
  };
}
