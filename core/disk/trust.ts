import { realpathSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { isApproved } from './approvals.ts';
import type { LinkHead } from './link-head.ts';
import type { OpenContext } from './open-context.ts';

/**
 * Whether a child may have this file as its parent without asking: it lies in the tree of the child's
 * folder, or the user or this product has approved it.
 */
export function isTrustedParent(childPath: string, parent: LinkHead, context: OpenContext): boolean {
  if (isInside(dirname(childPath), parent.path)) return true;
  if ((context.trustedPaths ?? []).some((path) => isInside(realPathIfThere(path), parent.path))) return true;
  return isApproved(parent, context);
}

function isInside(folder: string, path: string): boolean {
  const steps = relative(folder, path);
  return steps === '' || !(steps === '..' || steps.startsWith('../') || steps.startsWith('..\\') || isAbsolute(steps));
}

function realPathIfThere(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
