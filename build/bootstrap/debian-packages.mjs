import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run } from './run.mjs';
import { say } from './say.mjs';

/**
 * What each package is recognised by: a program on the path, or a file.
 * `start` is what makes the product work where nothing is installed; `test` what the suites use besides.
 */
const packages = {
  start: { seabios: '/usr/share/seabios/bios-256k.bin' },
  test: {
    chromium: 'chromium',
    'qemu-system-x86': 'qemu-system-i386',
    'qemu-utils': 'qemu-img',
    seabios: '/usr/share/seabios/bios-256k.bin',
    nasm: 'nasm',
    'libnbd-bin': 'nbdinfo',
    fio: 'fio',
    vmtouch: 'vmtouch',
    bximage: 'bximage',
    'libvmdk-utils': 'vmdkinfo',
    e2fsprogs: 'mke2fs',
    fdisk: 'sfdisk',
    mtools: 'mcopy',
    syslinux: 'syslinux',
    'syslinux-common': '/usr/lib/syslinux/mbr/mbr.bin',
    cpio: 'cpio',
  },
};

/** @param {string} sign */
function isPresent(sign) {
  if (sign.startsWith('/')) return existsSync(sign);
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => folder !== '' && existsSync(join(folder, sign)));
}

/**
 * Installs the missing Debian packages as root or through sudo without a password; where that isn't
 * possible, prints the one line to run and goes on: what needs them says so itself.
 * @param {'start' | 'test'} purpose
 */
export async function ensureDebianPackages(purpose) {
  const missing = Object.entries(packages[purpose])
    .filter(([, sign]) => !isPresent(sign))
    .map(([name]) => name);
  if (missing.length === 0) return;
  if (!isPresent('apt-get')) {
    say(`not found on this system: ${missing.join(', ')}. Install them with your package manager.`);
    return;
  }
  const isRoot = process.getuid?.() === 0;
  const prefix = isRoot ? [] : ['sudo', '-n'];
  const canInstall = isRoot || (await run('sudo', ['-n', 'true'], { isQuiet: true })) === 0;
  if (!canInstall) {
    say(
      `some packages are missing. To install them, run:\n  sudo apt-get install -y --no-install-recommends ${missing.join(' ')}`,
    );
    return;
  }
  say(`installing Debian packages: ${missing.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const [update, ...updateArgs] = [...prefix, 'apt-get', 'update', '-q'];
  await run(String(update), updateArgs, { env, isQuiet: true });
  const [install, ...installArgs] = [
    ...prefix,
    'apt-get',
    'install',
    '-y',
    '-q',
    '--no-install-recommends',
    ...missing,
  ];
  const status = await run(String(install), installArgs, { env, isQuiet: true });
  const still = missing.filter((name) => !isPresent(String(packages[purpose][name])));
  if (status !== 0 || still.length > 0) say(`could not install: ${still.join(', ')}`);
}
