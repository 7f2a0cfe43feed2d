export interface DependentsQuery {
  /** Files, or folders whose files are looked at, besides the link's own list and folder. */
  readonly searchPaths?: readonly string[];
  /** Redo logs that do not count. */
  readonly except?: readonly string[];
}

/**
 * The redo logs whose parent is this link: those in its `.children` list, in its folder and in
 * `searchPaths`. A listed log that is gone from a readable folder does not count; one in a folder that can't
 * be reached does. Throws disk.not-found, disk.not-a-disk, disk.corrupt, disk.permission, disk.io.
 */
export async function findDependents(file: string, query: DependentsQuery = {}): Promise<{ path: string }[]> {
  await Promise.resolve();
  throw new Error(`not written yet: ${file} ${String(query.except?.length)}`);
}
