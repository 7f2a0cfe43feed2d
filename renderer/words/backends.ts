/** The names of the backends, as in menus, facts and sentences' beginnings. */
const names: Readonly<Record<string, string>> = { qemu: 'QEMU', v86: 'Built-in emulator', fake: 'Test backend' };

/** What a backend is called. */
export function backendName(backend: string): string {
  return names[backend] ?? backend;
}

/** A backend with its version and accelerator; one that isn't there says why in a sentence of its own. */
export function backendLine(backend: { name: string; isAvailable: boolean; description: string }): string {
  return backend.isAvailable
    ? `${backendName(backend.name)} ${backend.description}`
    : `${backendName(backend.name)}: ${backend.description}`;
}
