import { dirname, resolve } from 'node:path';
import type { Dependent } from '../api/errors.ts';
import { RedoubtError, toWire } from '../base/redoubt-error.ts';
import { approveFile } from '../disk/parents/approvals.ts';
import { findDependents } from '../disk/parents/dependents.ts';
import { inspectChain } from '../disk/describe/inspect.ts';
import { breakLock } from '../disk/locks/break-lock.ts';
import { protectDisk, unprotectDisk } from '../disk/protect.ts';
import { relinkRedoLog } from '../disk/relink.ts';
import { MachineIndex } from '../machines/machine-index.ts';
import { os } from './implementer.ts';
import { browseFolder, rowFor } from './picker-rows.ts';
import type { RouterServices } from './router-services.ts';

/** Handlers of `disks.*`: what the picker and the disk panel ask. Only headers are read. */
export function disksRouter({ home, library, live }: RouterServices) {
  const { disks } = os;
  const dependentsOf = async (path: string, index: MachineIndex): Promise<Dependent[]> =>
    index.named(await findDependents(path, { searchPaths: index.searchPaths() }));

  return {
    browse: disks.browse.handler(({ input }) => {
      const directory = resolve(home.machinesDirectory, input.directory ?? '.');
      const parent = dirname(directory) === directory ? undefined : dirname(directory);
      return { directory, parent, rows: browseFolder(directory, input.filter, MachineIndex.read(library)) };
    }),
    /** The configured disks, what they hang from, and the logs of the machines. */
    known: disks.known.handler(() => {
      const index = MachineIndex.read(library);
      const chains = live
        .views()
        .flatMap((view) =>
          view.disks.flatMap((disk) => [...(disk.chain ?? []), ...(disk.redo === undefined ? [] : [disk.redo])]),
        );
      const paths = new Set([...index.searchPaths(), ...chains.map((link) => link.path)]);
      const rows = [...paths].flatMap((path) => rowFor(path, 'disks-and-logs', index) ?? []);
      return {
        rows: rows
          .filter((row) => row.kind !== 'segment')
          .sort((a, b) => a.path.localeCompare(b.path, 'en', { numeric: true })),
      };
    }),
    inspect: disks.inspect.handler(async ({ input }) => {
      const path = resolve(home.machinesDirectory, input.path);
      const index = MachineIndex.read(library);
      const chain = await inspectChain(path, { trustedPaths: [path], settingsDirectory: home.settingsDirectory });
      const dependents = await dependentsOf(path, index);
      const users = index.machines.filter((machine) => index.usersOf(path).includes(machine));
      const problem = persistentProblem(path, chain.links[0]?.isReadOnly === true, dependents);
      return {
        chain,
        dependents,
        usedBy: [...new Set(users.map((machine) => machine.configuration.name))],
        ...(problem === undefined ? {} : { persistentProblem: toWire(problem) }),
      };
    }),
    dependents: disks.dependents.handler(async ({ input }) => ({
      dependents: await dependentsOf(resolve(home.machinesDirectory, input.path), MachineIndex.read(library)),
    })),
    protect: disks.protect.handler(async ({ input }) => {
      await protectDisk(resolve(home.machinesDirectory, input.path));
      await live.refresh();
      return {};
    }),
    relink: disks.relink.handler(async ({ input }) => {
      const { acceptChanged } = input;
      const [redo, parent] = [input.redo, input.parent].map((path) => resolve(home.machinesDirectory, path)) as [
        string,
        string,
      ];
      const context = { trustedPaths: [redo, parent], settingsDirectory: home.settingsDirectory };
      const relinked = await relinkRedoLog({ redo, parent, acceptChanged, context });
      await live.refresh();
      return relinked;
    }),
    approve: disks.approve.handler(async ({ input }) => {
      approveFile(resolve(home.machinesDirectory, input.path), { settingsDirectory: home.settingsDirectory });
      await live.refresh();
      return {};
    }),
    breakLock: disks.breakLock.handler(async ({ input }) => {
      await breakLock(resolve(home.machinesDirectory, input.file), input.token);
      await live.refresh();
      return {};
    }),
    unprotect: disks.unprotect.handler(async ({ input }) => {
      await unprotectDisk(resolve(home.machinesDirectory, input.path));
      await live.refresh();
      return {};
    }),
  };
}

/** Why a persistent disk on this file would be refused. */
function persistentProblem(file: string, isReadOnly: boolean, dependents: Dependent[]): RedoubtError | undefined {
  if (isReadOnly) return new RedoubtError('disk.read-only', `${file} is read-only.`, { file, dependents });
  if (dependents.length > 0)
    return new RedoubtError('disk.has-dependents', `Other redo logs hang from ${file}.`, { file, dependents });
  return undefined;
}
