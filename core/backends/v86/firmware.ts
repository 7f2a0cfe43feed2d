import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { assetsDirectory } from '../../base/entry-points.ts';
import { RedoubtError } from '../../base/redoubt-error.ts';

/** SeaBIOS and its VGA BIOS: the same program twice, built for the board and for the video card. */
export interface Firmware {
  readonly directory: string;
  readonly bios: ArrayBuffer;
  readonly vgaBios: ArrayBuffer;
}

const biosFile = 'bios.bin';
const vgaBiosFile = 'vgabios-stdvga.bin';

/** Where firmware may lie, best first: our own package, Debian's package, a QEMU installation. */
export function firmwareDirectories(): string[] {
  const packageRoot = join(assetsDirectory(), '..');
  const resources = (process as { resourcesPath?: string }).resourcesPath;
  const programFiles = process.env['ProgramFiles'];
  return [
    ...(resources === undefined ? [] : [join(resources, 'firmware')]),
    // A package's runner is its executable in Node mode, which may not be told where the resources are; but
    // the package's archive lies among them.
    ...(/^app\.asar(\.unpacked)?$/.test(basename(packageRoot)) ? [join(packageRoot, '../firmware')] : []),
    join(assetsDirectory(), '../build/firmware'),
    '/usr/share/seabios',
    '/usr/share/qemu',
    '/usr/local/share/qemu',
    '/opt/homebrew/share/qemu',
    ...(programFiles === undefined ? [] : [join(programFiles, 'qemu', 'share'), join(programFiles, 'qemu')]),
  ];
}

/** Reads the first complete pair. Throws backend.firmware-missing with every folder that was tried. */
export async function findFirmware(directories: readonly string[] = firmwareDirectories()): Promise<Firmware> {
  for (const directory of directories) {
    try {
      const [bios, vgaBios] = await Promise.all([load(join(directory, biosFile)), load(join(directory, vgaBiosFile))]);
      return { directory, bios, vgaBios };
    } catch {
      continue; // not there, or not readable: the next folder
    }
  }
  throw new RedoubtError('backend.firmware-missing', 'No BIOS was found for the built-in emulator.', {
    files: [biosFile, vgaBiosFile],
    searched: [...directories],
  });
}

/** The file in a buffer of its own, as v86 wants it. */
async function load(path: string): Promise<ArrayBuffer> {
  return new Uint8Array(await readFile(path)).buffer;
}
