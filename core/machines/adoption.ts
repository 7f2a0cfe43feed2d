import { inspectChain } from '../disk/describe/inspect.ts';
import type { OpenContext } from '../disk/open-context.ts';
import { realPath } from './machine-index.ts';

/**
 * Whether choosing `chosen` as a machine's disk adopts its waiting log: it is that log, or a log nested on
 * it. Then the changes are part of the disk, and there is nothing left to decide. Paths are absolute.
 * A file whose chain can't be read adopts nothing.
 */
export async function adopts(chosen: string, waitingRedo: string, context: OpenContext): Promise<boolean> {
  const wanted = realPath(waitingRedo);
  if (realPath(chosen) === wanted) return true;
  try {
    const { links } = await inspectChain(chosen, {
      ...context,
      trustedPaths: [...(context.trustedPaths ?? []), chosen],
    });
    return links.some((link) => realPath(link.path) === wanted);
  } catch {
    return false;
  }
}
