/** What the first bytes of a file say it is. `raw`: nothing known, taken for the disk's bytes as they are. */
export type LinkFormat = 'cowd' | 'vmdk' | 'flat' | 'raw' | 'stream';

/**
 * Who a link is and what state of its parent it was made on. Kept in the header of a COWD file and in the
 * side file `FILE.redoubt` of the formats that have no room for it.
 */
export interface LinkRecord {
  /** 32 lower-case hexadecimal digits, like all ids here. New whenever the generation rises. */
  readonly contentId: string;
  /** Constant for the link's life. */
  readonly linkId: string;
  /** The parent's content id when the child was made; absent in a base and over foreign parents. */
  readonly parentContentId?: string;
  /** The machine that made a redo log. */
  readonly owner?: string;
  /** The link id of the child that is being committed into this one. */
  readonly committing?: string;
  /** An old-state link: the state of its parent that it stands for. No content id: the parent had none then. */
  readonly standsFor?: {
    readonly contentId: string | undefined;
    readonly generation: number;
    /**
     * What else children know that state by: the 8 digits of a CID, or the 32 that stand for samples of the content, or
     * the one and then the other. Absent where content id and generation are all there is.
     */
    readonly knownAs?: string;
  };
  /** A commit into this link was abandoned: its content is neither old nor new. Gone with the content id. */
  readonly isMixed?: boolean;
  /** The parent's path relative to the child's folder. */
  readonly relativePath?: string;
}

/** What a file says of its link, the same in all formats. The first file speaks for the link. */
export interface LinkState {
  /** Absent in a base. */
  readonly parent?: { readonly storedName: string; readonly generation: number };
  readonly generation: number;
  /** Absent in a file that Redoubt neither made nor wrote. */
  readonly record?: LinkRecord;
  /** What stands for the content id of a link that can keep no record: 32 digits made from its content. */
  readonly sampledContentId?: string;
  /** What a text descriptor knows the content by; with a record it is the beginning of the content id. */
  readonly cid?: number;
  /** Closed as it should be. */
  readonly isClean: boolean;
  readonly controller: 'ide' | 'scsi' | undefined;
  /** Of this file among the link's, from 0. */
  readonly ordinal: number;
  readonly fileCount: number;
  /** The whole disk's, as far as this file says. */
  readonly capacityBytes?: number;
}
