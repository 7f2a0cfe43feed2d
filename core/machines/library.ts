import { mkdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { readFileIfThere, replaceFile } from '../base/atomic-file.ts';
import { statusOf } from '../base/file-status.ts';
import { acquireLock, isHeld } from '../base/lock-file.ts';
import { RedoubtError } from '../base/redoubt-error.ts';

const entrySchema = z.object({
  /** 32 lower-case hexadecimal digits: the machine's UUID when it was added. Constant while it is listed. */
  id: z.string().regex(/^[0-9a-f]{32}$/),
  /** Absolute. */
  configPath: z.string(),
});
export type LibraryEntry = z.infer<typeof entrySchema>;
const fileSchema = z.object({ redoubt: z.literal(1), machines: z.array(entrySchema) });

/**
 * The list of machines, in order: paths of configuration files and nothing else, because the truth about a
 * machine is its file. Several processes may use one list: every change reads it anew under a lock and
 * replaces it by rename.
 */
export class Library {
  /** Where the list lies. */
  readonly settingsDirectory: string;
  readonly path: string;

  constructor(settingsDirectory: string) {
    this.settingsDirectory = settingsDirectory;
    this.path = join(settingsDirectory, 'library.json');
  }

  /** A list that can't be read counts as empty; the next change puts aside what is none, rather than overwrite it. */
  list(): LibraryEntry[] {
    return this.known() ?? [];
  }

  /** The same, or `undefined` where it can't be read and nobody knows what is on it. */
  known(): LibraryEntry[] | undefined {
    try {
      return this.read();
    } catch (error) {
      if (error instanceof RedoubtError) return undefined;
      throw error;
    }
  }

  /** Throws machine.not-found. */
  entry(id: string): LibraryEntry {
    const entry = this.list().find((one) => one.id === id);
    if (entry === undefined) throw new RedoubtError('machine.not-found', `No machine has the id ${id}.`, { id });
    return entry;
  }

  findByPath(configPath: string): LibraryEntry | undefined {
    return this.list().find((entry) => entry.configPath === configPath);
  }

  /** Appends, or answers with the entry that has this path already. An id that another entry has is drawn anew. */
  async add(entry: LibraryEntry): Promise<LibraryEntry> {
    return await this.change((entries) => {
      const present = entries.find((one) => one.configPath === entry.configPath);
      if (present !== undefined) return { entries, result: present };
      const isTaken = entries.some((one) => one.id === entry.id);
      const added = isTaken ? { ...entry, id: newMachineId() } : entry;
      return { entries: [...entries, added], result: added };
    });
  }

  /** The configuration file of a machine lies elsewhere now. Answers whether the entry was still there. */
  async move(entry: LibraryEntry, configPath: string): Promise<boolean> {
    return await this.change((entries) => {
      const isIt = (one: LibraryEntry): boolean => one.id === entry.id && one.configPath === entry.configPath;
      const moved = entries.map((one) => (isIt(one) ? { ...one, configPath } : one));
      return { entries: moved, result: entries.some(isIt) };
    });
  }

  /** Does nothing where it isn't listed. */
  async remove(id: string): Promise<void> {
    await this.change((entries) => ({ entries: entries.filter((entry) => entry.id !== id), result: undefined }));
  }

  /** Changes whenever the list does: a stamp to compare, not a time. */
  stamp(): string {
    const status = statusOf(this.path);
    return status === undefined ? '' : `${String(status.ino)}:${String(status.mtimeMs)}:${String(status.size)}`;
  }

  private async change<T>(edit: (entries: LibraryEntry[]) => { entries: LibraryEntry[]; result: T }): Promise<T> {
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
    const lock = await acquireLock(`${this.path}.lock`, 'changing the library', 5000);
    if (!isHeld(lock)) {
      throw new RedoubtError('machine.busy', `The library is being changed by process ${String(lock.pid)}.`, {
        machine: 'library',
        doing: lock.purpose,
      });
    }
    try {
      const before = this.read();
      if (before === undefined) renameSync(this.path, `${this.path}.unreadable-${randomBytes(3).toString('hex')}`);
      const { entries, result } = edit(before ?? []);
      replaceFile(this.path, `${JSON.stringify({ redoubt: 1, machines: entries }, undefined, 2)}\n`, { mode: 0o600 });
      return result;
    } finally {
      lock.release();
    }
  }

  /** `undefined`: there is a file, and it is not a library. Throws disk.permission, disk.loop, disk.io. */
  private read(): LibraryEntry[] | undefined {
    try {
      const text = readFileIfThere(this.path);
      return text === undefined ? [] : fileSchema.parse(JSON.parse(text)).machines;
    } catch (error) {
      // What can't be read for the moment may be a good list.
      if (error instanceof RedoubtError && error.kind !== 'data') throw error;
      return undefined;
    }
  }
}

/** A random UUID (version 4) as 32 hexadecimal digits. */
export function newMachineId(): string {
  const bytes = randomBytes(16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex');
}
