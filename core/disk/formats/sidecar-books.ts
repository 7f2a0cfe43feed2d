import { randomBytes } from 'node:crypto';
import { assert } from '../../base/assert.ts';
import { RedoubtError } from '../../base/redoubt-error.ts';
import type { FileLayer } from '../files/disk-file.ts';
import { nextGeneration } from '../generation.ts';
import { formatCid } from './descriptor/descriptor.ts';
import type { Extent } from './extent.ts';
import type { LinkBooks, StateChange } from './link-books.ts';
import type { LinkRecord, LinkState } from './link-state.ts';
import { sampleContent } from './sample-content.ts';
import { writeSidecar, type Sidecar } from './sidecar.ts';

/** An extent with a mark of its own that says that it is being written. */
export interface MarkedExtent extends Extent {
  isBegun: boolean;
  readonly isClean: boolean;
  /** Marks the file; whether it `isBegun` is the books' to say. */
  begin(isSynced: boolean): void;
  finishClean(isSynced: boolean): void;
}

/** Where a descriptor's CIDs are changed, in place and synced. */
export interface CidWriter {
  write(key: 'CID' | 'parentCID', cid: number): void;
}

export interface SidecarBooksOptions {
  readonly layer: FileLayer;
  /** Path of the first file, beside which the side file lies; `undefined` for what can't have one (devices). */
  readonly first: string | undefined;
  readonly extents: readonly MarkedExtent[];
  readonly state: LinkState;
  readonly sidecar: Sidecar | undefined;
  readonly sizeBytes: number;
  /** Foreign writers are noticed by samples of the content. */
  readonly isSampled: boolean;
  /** Absent where there is no descriptor. */
  readonly cids?: CidWriter;
}

/**
 * The books of links that keep no record in their own files: the side file, and with it the CID of a
 * descriptor, which is the beginning of the content id.
 *
 * Order of writes: the new side file, which also says what held before; then the CID, synced: the one step
 * from which the new content id holds. Without a descriptor the rename of the side file is that step. Then
 * the mark in each file's header before its first write. Samples are left out while the disk is written, and
 * taken anew at the end, after the marks.
 */
export class SidecarBooks implements LinkBooks {
  private readonly options: SidecarBooksOptions;
  private current: LinkState;
  private samples: string | undefined;
  private isBegun = false;

  constructor(options: SidecarBooksOptions) {
    this.options = options;
    this.current = options.state;
    this.samples = options.state.record === undefined ? undefined : options.sidecar?.samples;
  }

  get state(): LinkState {
    return this.current;
  }

  get isClean(): boolean {
    return this.current.isClean && this.options.extents.every((extent) => extent.isClean);
  }

  begin(extent: Extent, isSynced: boolean, identify: StateChange): void {
    if (!this.isBegun) {
      this.identify(identify, undefined);
      this.isBegun = true;
    }
    const own = this.options.extents[this.options.extents.indexOf(extent as MarkedExtent)];
    assert(own !== undefined, 'an extent of this link');
    own.begin(isSynced);
    own.isBegun = true;
  }

  change(_scope: 'first' | 'all', change: StateChange): void {
    this.identify(change, this.samples);
  }

  finishClean(scope: 'begun' | 'all', isSynced: boolean): void {
    const { extents, isSampled } = this.options;
    for (const extent of extents) {
      if (extent.isBegun || scope === 'all') extent.finishClean(isSynced);
    }
    if (!this.isBegun && scope === 'begun') return;
    if (isSampled) this.samples = sampleContent(extents);
    this.write(this.current, this.samples);
    this.current = { ...this.current, isClean: true };
    this.isBegun = false;
  }

  /**
   * Makes sure that the side file speaks of the present content, so that children can know it. Nothing else is
   * written. Does nothing for a link that is being committed into.
   */
  keepRecord(): void {
    const { isSampled, extents } = this.options;
    const { record } = this.current;
    if (record?.committing !== undefined) return;
    if (record !== undefined && (this.samples !== undefined || !isSampled)) return;
    const generation =
      record === undefined ? nextGeneration(this.options.sidecar?.generation) : this.current.generation;
    const samples = isSampled ? sampleContent(extents) : undefined;
    this.write({ ...this.current, generation, record: record ?? this.newRecord() }, samples);
  }

  /** Changes who the link is; a crash leaves the old state or the new one. */
  private identify(change: StateChange, samples: string | undefined): void {
    const { cids } = this.options;
    const before = this.current;
    const after = change({ ...before, record: before.record ?? this.newRecord() });
    if (before.parent !== undefined && after.parent?.storedName !== before.parent.storedName)
      throw this.unsupported('another name for the parent');
    // Where a write of the CID failed in its middle, it is made whole first: the side file tells of one CID before.
    const wholeCid = cidOf(before.record);
    if (before.cid !== undefined && wholeCid !== undefined && before.cid !== wholeCid) cids?.write('CID', wholeCid);
    this.write(after, samples, before);
    const cid = cidOf(after.record);
    if (cid !== undefined) cids?.write('CID', cid);
    const parent = parentIn(after);
    if (before.parent !== undefined && parent !== undefined && parent.generation !== before.parent.generation)
      cids?.write('parentCID', parent.generation);
    this.current = {
      ...after,
      ...(parent === undefined ? {} : { parent }),
      ...(cids === undefined || cid === undefined ? {} : { cid }),
    };
    this.samples = samples;
  }

  private write({ record, generation }: LinkState, samples: string | undefined, before?: LinkState): void {
    const { layer, first, sizeBytes, cids } = this.options;
    if (first === undefined || record === undefined) return;
    const { linkId, contentId, committing, isMixed } = record;
    const hasBefore = cids !== undefined && before?.record !== undefined && before.record.contentId !== contentId;
    writeSidecar(layer, first, {
      linkId,
      contentId,
      generation,
      sizeBytes,
      ...(committing === undefined ? {} : { committing }),
      ...(isMixed === true ? { isMixed } : {}),
      ...(samples === undefined ? {} : { samples }),
      ...(hasBefore && before.record !== undefined
        ? { before: { contentId: before.record.contentId, generation: before.generation } }
        : {}),
    });
  }

  /** For a link that had none, or one that a foreign program made void: it stays the link that it was. */
  private newRecord(): LinkRecord {
    const { sidecar, cids } = this.options;
    const cid = cids === undefined ? undefined : this.current.cid;
    return { contentId: contentIdFor(cid), linkId: sidecar?.linkId ?? randomBytes(16).toString('hex') };
  }

  private unsupported(feature: string): RedoubtError {
    const file = this.options.first ?? '';
    return new RedoubtError('disk.unsupported', `${file} uses what is not supported: ${feature}.`, { file, feature });
  }
}

/** A new content id, for content that is what the CID says. */
export function contentIdFor(cid: number | undefined): string {
  const random = randomBytes(16).toString('hex');
  return cid === undefined ? random : formatCid(cid) + random.slice(8);
}

/** What a descriptor can say of a parent: its CID, which is the beginning of the content id where it has one. */
function parentIn({ parent, record }: LinkState): LinkState['parent'] {
  if (parent === undefined || record?.parentContentId === undefined) return parent;
  return { ...parent, generation: parseInt(record.parentContentId.slice(0, 8), 16) };
}

function cidOf(record: LinkRecord | undefined): number | undefined {
  return record === undefined ? undefined : parseInt(record.contentId.slice(0, 8), 16);
}
