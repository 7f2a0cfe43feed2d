import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { makeTempFolder } from '../temp-folder.ts';
import { writeBootDisk } from './boot-disk.ts';
import { cpioArchive, type CpioEntry } from './cpio-archive.ts';
import { Unobtainable, candidateVersion, kernelPackageName, unpackDebianPackage } from './debian-packages.ts';
import { modulesInLoadOrder } from './kernel-modules.ts';

export type LinuxGuest =
  /** `image` is a raw disk image, shared by all tests: copy it, never write it. */
  | { readonly kind: 'built'; readonly image: string; readonly sizeBytes: number }
  | { readonly kind: 'unobtainable'; readonly reason: string };

/** IDE and the SCSI adapter of the QEMU backend, disks, and the file system of the data partition. */
const wantedModules = ['ata_piix', 'sd_mod', 'sym53c8xx', 'crc32c_generic', 'ext4'];

/** Quiet and quick: no random addresses, no mitigations, and panics that the test can read. */
const commandLine = 'console=ttyS0 console=tty0 quiet loglevel=3 panic=-1 nokaslr mitigations=off';

const cacheFolder = join(import.meta.dirname, '../../../node_modules/.cache/redoubt');
const ownSources = readdirSync(import.meta.dirname)
  .sort()
  .map((name) => join(import.meta.dirname, name));

/**
 * A real Linux to boot: Debian's kernel and busybox on a disk of 47 MiB, built once and kept in the cache
 * until Debian's packages or these sources change. Without the packages or the tools it says why not.
 */
export function buildLinuxGuest(): LinuxGuest {
  try {
    const kernelPackage = kernelPackageName();
    const versions = [kernelPackage, 'busybox-static'].map((name) => `${name} ${candidateVersion(name)}`);
    const image = join(cacheFolder, `linux-guest-${contentKey(versions)}.img`);
    if (!existsSync(image)) build(image, kernelPackage);
    return { kind: 'built', image, sizeBytes: readFileSync(image).length };
  } catch (error) {
    if (!(error instanceof Unobtainable)) throw error;
    const reason = `no Linux guest: ${error.message}`;
    console.warn(`skipped: ${reason}`);
    return { kind: 'unobtainable', reason };
  }
}

function contentKey(versions: readonly string[]): string {
  const hash = createHash('sha256').update(versions.join('\n'));
  for (const file of ownSources) hash.update(readFileSync(file));
  return hash.digest('hex').slice(0, 16);
}

function build(image: string, kernelPackage: string): void {
  using work = makeTempFolder();
  const version = kernelPackage.replace('linux-image-', '');
  const drivers = ['block', 'drivers/ata', 'drivers/scsi', 'fs', 'lib', 'crypto', 'arch'].map(
    (part) => `./lib/modules/*/kernel/${part}/*`,
  );
  unpackDebianPackage(kernelPackage, [`./boot/vmlinuz-${version}`, ...drivers], work.path);
  unpackDebianPackage('busybox-static', ['./bin/busybox'], work.path);

  mkdirSync(cacheFolder, { recursive: true });
  const fresh = `${image}.${randomBytes(4).toString('hex')}`;
  try {
    const initramfs = gzipSync(cpioArchive(rootEntries(work.path, version)));
    writeBootDisk(fresh, {
      kernel: work.at('boot', `vmlinuz-${version}`),
      initramfs,
      commandLine,
      workFolder: work.path,
    });
    for (const old of readdirSync(cacheFolder)) {
      if (/^linux-guest-[0-9a-f]{16}\.img$/.test(old)) rmSync(join(cacheFolder, old));
    }
    renameSync(fresh, image);
  } finally {
    rmSync(fresh, { force: true });
  }
}

/** What the kernel finds as its first file system. */
function rootEntries(unpacked: string, version: string): CpioEntry[] {
  const modules = modulesInLoadOrder(join(unpacked, 'lib/modules', version, 'kernel'), wantedModules);
  const names = modules.map((file, index) => `${String(index).padStart(2, '0')}.ko`);
  const file = (path: string, bytes: Uint8Array, mode: number): CpioEntry => ({ kind: 'file', path, bytes, mode });
  return [
    { kind: 'folder', path: 'bin' },
    { kind: 'folder', path: 'dev' },
    { kind: 'folder', path: 'modules' },
    { kind: 'device', path: 'dev/console', major: 5, minor: 1 },
    file('bin/busybox', readFileSync(join(unpacked, 'bin/busybox')), 0o755),
    file('init', readFileSync(join(import.meta.dirname, 'guest-init.sh')), 0o755),
    file('modules/order', Buffer.from(names.map((name) => `${name}\n`).join('')), 0o644),
    ...modules.map((module, index) => file(`modules/${names[index] ?? ''}`, readFileSync(module), 0o644)),
  ];
}
