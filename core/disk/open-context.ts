import type { FileLayer } from './files/disk-file.ts';

/**
 * What the caller of an engine operation knows and the files do not say. Every field may be left out;
 * nothing in it outlives the call, except that a session keeps what it needs to name itself in locks.
 */
export interface OpenContext {
  /** Files that the user named: they may be disks and parents wherever they lie. Absolute or from the working directory. */
  readonly trustedPaths?: readonly string[];
  /** More folders whose redo logs count as dependents. */
  readonly searchDirectories?: readonly string[];
  /**
   * Folder of the machine's configuration file: stored parent names are tried from there too. With it the disk
   * is one that a configuration names, which is trusted only in that folder's tree, or if it was approved.
   */
  readonly configDirectory?: string;
  /** The configuration file itself, for what is said of it. */
  readonly configFile?: string;
  /** What is trusted for this call is approved from then on: the user named it. */
  readonly keepsApprovals?: boolean;
  /** Where this host keeps its approvals. Absent: the user's own settings folder. */
  readonly settingsDirectory?: string;
  /** What the files are open for; others who meet the lock are told. */
  readonly purpose?: string;
  /** The machine whose disk this is; others who meet the lock are told. */
  readonly machineName?: string;
  /** Through which the files of links are opened. Absent: this host's, which share a bounded number of descriptors. */
  readonly files?: FileLayer;
  /** What a session may keep in memory of where its disk's content lies. Absent: 44 MiB. */
  readonly mapBytes?: number;
}
