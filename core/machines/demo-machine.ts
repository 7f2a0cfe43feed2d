import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assetsDirectory } from '../base/entry-points.ts';
import type { Home } from '../base/home.ts';
import { MIB } from '../base/units.ts';
import { createMachine } from './create-machine.ts';
import type { Library } from './library.ts';
import type { BackendChoice } from './machine-configuration.ts';
import { MachineIndex } from './machine-index.ts';
import { fileNameFor, freeName } from './machine-names.ts';

const capacityBytes = 64 * MIB;

/** Makes the demo machine, an undoable disk with Scratchpad on its first sectors, or finds the one there is. */
export async function createDemo(home: Home, library: Library, backend: BackendChoice | undefined): Promise<string> {
  const index = MachineIndex.read(library);
  const present = index.machines.find((machine) => machine.configuration.isDemo);
  if (present !== undefined) return present.id;
  const image = readFileSync(join(assetsDirectory(), 'scratchpad', 'scratchpad.img'));
  const name = freeName('Scratchpad', index, home.machinesDirectory);
  return await createMachine(
    home,
    library,
    {
      name,
      directory: join(home.machinesDirectory, fileNameFor(name)),
      guestOs: 'other',
      memoryMb: 16,
      network: 'none',
      bus: 'ide',
      disk: { kind: 'new', fileName: 'scratchpad.vmdk', capacityBytes, split: true, allocateNow: false },
      mode: 'undoable',
      redoLogDir: '.',
      backend,
    },
    { isDemo: true, diskStart: image },
  );
}
