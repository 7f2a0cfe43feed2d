import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';

/**
 * The files of `wanted` kernel modules and of all they need, in the order in which they can be loaded.
 * `folder` holds an unpacked `/lib/modules/VERSION/kernel`. Names are as the kernel says them, without `.ko`.
 */
export function modulesInLoadOrder(folder: string, wanted: readonly string[]): string[] {
  const files = new Map(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ko'))
      .map((file) => [moduleName(file), join(folder, file)]),
  );
  const order: string[] = [];
  const visit = (name: string): void => {
    const file = files.get(name);
    if (file === undefined) throw new Error(`the kernel package has no module ${name}`);
    if (order.includes(file)) return;
    for (const needed of dependencies(readFileSync(file))) visit(needed);
    order.push(file);
  };
  for (const name of wanted) visit(name);
  return order;
}

/** A file may be called `a-b.ko` where the module is `a_b`. */
function moduleName(file: string): string {
  return basename(file, '.ko').replaceAll('-', '_');
}

/** A module says what it needs in its section of zero-terminated `key=value` words. */
function dependencies(module: Buffer): string[] {
  const key = Buffer.from('\0depends=');
  const start = module.indexOf(key);
  if (start < 0) return [];
  const text = module.toString('latin1', start + key.length, module.indexOf(0, start + key.length));
  return text
    .split(',')
    .filter((name) => name !== '')
    .map((name) => name.replaceAll('-', '_'));
}
