import type { OpenContext } from './open-context.ts';

/**
 * Writes one text descriptor a link into `directory` (created if missing), so that qemu-img and others can
 * read the chain; never for writing. Returns them from the leaf to the base. Throws as inspectChain.
 */
export async function describeChain(file: string, directory: string, context: OpenContext = {}): Promise<string[]> {
  await Promise.resolve();
  throw new Error(`not written yet: ${file} ${directory} ${String(context.purpose)}`);
}
