export type DiskBus = 'ide' | 'scsi';

export interface BaseRequest {
  /** First file; ends in .vmdk or .dsk. */
  readonly file: string;
  /** A multiple of 512. */
  readonly capacityBytes: number;
  /** Into files below 2 GiB. */
  readonly split: boolean;
  readonly bus: DiskBus;
  /** Only `hybrid` so far. */
  readonly dialect?: string;
}

export interface BasePlan {
  /** In order; the first is `file` itself. */
  readonly files: readonly string[];
  /** Bytes of the disk in each file. */
  readonly spansBytes: readonly number[];
}

/** The files that a base would have. Pure. Throws disk.bad-size, disk.bad-name, disk.unsupported. */
export function planBaseFiles(request: BaseRequest): BasePlan {
  throw new Error(`not written yet: ${request.file}`);
}

/**
 * Makes an empty base, synced; all files or none. `allocateNow` writes every grain, so that space can't run
 * out later. Throws what planBaseFiles throws, and disk.exists, disk.permission, disk.no-space, disk.io.
 */
export async function createBase(request: BaseRequest & { readonly allocateNow?: boolean }): Promise<{ files: string[] }> {
  await Promise.resolve();
  throw new Error(`not written yet: ${request.file}`);
}
