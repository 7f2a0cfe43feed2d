import { readdirSync } from 'node:fs';
import { folder, type Family, type Member } from './family.ts';

/** What the logs of the scenarios hold. */
export const childRanges = [
  [20, 30],
  [140, 10],
  [500, 40],
  [760, 12],
] as const;

/** Judges members one after the other; the first wrong one counts. */
export async function judgeAll(family: Family, ...names: string[]): Promise<string | undefined> {
  for (const name of names) {
    const wrong = await (family[name] as Member).judge();
    if (wrong !== undefined) return `${name}: ${wrong}`;
  }
  return undefined;
}

/** What is left of a log that should be gone; neither a lock that nobody holds is a matter, nor a list that leads nowhere. */
export function leftOver(file: string): string | undefined {
  const name = file.slice(file.lastIndexOf('/') + 1);
  const ending = name.slice(name.indexOf('.REDO'));
  const left = readdirSync(folder).filter(
    (one) => one.includes(ending) && !one.includes(`${ending}.REDO`) && !/\.(lck|children)$/.test(one),
  );
  return left.length === 0 ? undefined : `left behind: ${left.join(', ')}`;
}
