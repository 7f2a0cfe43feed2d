/**
 * What a check can find. The set is closed.
 *
 * | kind | is |
 * | --- | --- |
 * | header | a field that can't be, or that contradicts another |
 * | segment | a file of the link that is missing or does not belong to it |
 * | unreadable | a part of a file that the host can't read |
 * | bad-table, bad-grain | an entry that points where nothing can be read |
 * | shared-table, shared-grain | two entries that point to one place |
 * | grain-over-table | a grain that lies where a table lies |
 * | directory-copies | the two grain directories of a file do not say the same |
 * | unclean, free-sector, saved-generation | the file was not closed as it should be |
 * | unused-space | space that no entry points to |
 * | sidecar | what is kept beside a file does not agree with it |
 * | parent, commit, children, leftover | the link's surroundings |
 */
export type FindingKind =
  | 'header'
  | 'segment'
  | 'unreadable'
  | 'bad-table'
  | 'bad-grain'
  | 'shared-table'
  | 'shared-grain'
  | 'grain-over-table'
  | 'directory-copies'
  | 'unclean'
  | 'free-sector'
  | 'saved-generation'
  | 'unused-space'
  | 'sidecar'
  | 'parent'
  | 'commit'
  | 'children'
  | 'leftover';

export interface Finding {
  readonly file: string;
  readonly kind: FindingKind;
  /** `error`: something can't be read, or may be read wrongly. `warning`: it mends itself, or nobody loses by it. `info`: no fault. */
  readonly severity: 'error' | 'warning' | 'info';
  /** The field's name in the format's own words. */
  readonly field?: string;
  /** Index of the grain in its file. */
  readonly grain?: number;
  readonly value?: string;
  /** One sentence for people. */
  readonly sentence: string;
  /** Whether `repair` puts it right. */
  readonly canRepair: boolean;
}

/** A file of one kind of damage has no end of it; this many are told one by one. */
export const LISTED_FINDINGS = 100;

/** Collects findings in bounded memory: after the first of a kind in a file the rest is counted, and told in one sentence. */
export class Findings {
  private readonly listed: Finding[] = [];
  private readonly rest = new Map<string, { finding: Finding; count: number }>();
  private readonly counts = new Map<string, number>();

  add(finding: Finding): void {
    const key = `${finding.kind} ${finding.severity} ${finding.file}`;
    const count = (this.counts.get(key) ?? 0) + 1;
    this.counts.set(key, count);
    if (count <= LISTED_FINDINGS) this.listed.push(finding);
    else this.more(finding, 1);
  }

  /** `count` further ones like `finding`, which are not told one by one. */
  more(finding: Finding, count: number): void {
    if (count <= 0) return;
    const key = `${finding.kind} ${finding.severity} ${finding.file}`;
    const entry = this.rest.get(key) ?? { finding, count: 0 };
    entry.count += count;
    this.rest.set(key, entry);
  }

  all(): Finding[] {
    const summed = [...this.rest.values()].map(({ finding, count }): Finding => {
      const { file, kind, severity, canRepair } = finding;
      return { file, kind, severity, canRepair, sentence: `${file} has ${String(count)} more of this kind (${kind}).` };
    });
    return [...this.listed, ...summed];
  }
}
