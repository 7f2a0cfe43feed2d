import { defineWords } from '../words/message.ts';

const t = defineWords({
  'memory.tooMuch': 'At most {max, number} MB fits on this computer.',
  'memory.tooLittle': 'At least {min, number} MB is needed.',
  'memory.notNumber': 'Enter a number of megabytes.',
});

/** What speaks against a memory size in megabytes, or nothing. */
export function memoryProblem(memoryMb: number, maximumMb: number): string | undefined {
  if (!Number.isInteger(memoryMb)) return t('memory.notNumber');
  if (memoryMb < leastMb) return t('memory.tooLittle', { min: leastMb });
  return memoryMb > maximumMb ? t('memory.tooMuch', { max: maximumMb }) : undefined;
}

const leastMb = 4;

/**
 * The stops of the memory slider, in megabytes: powers of two from 4 MB, with halves between them from
 * 64 MB on, up to the most there may be. A straight scale would put everything an old guest wants into
 * its first millimetre.
 */
export function memoryStops(maximumMb: number): number[] {
  const stops: number[] = [];
  for (let power = leastMb; power <= maximumMb; power *= 2) {
    stops.push(power);
    if (power >= 64 && power * 1.5 <= maximumMb) stops.push(power * 1.5);
  }
  if (stops.at(-1) !== maximumMb) stops.push(maximumMb);
  return stops;
}

/** The stop nearest to a size, as an index. */
export function nearestStop(stops: readonly number[], valueMb: number): number {
  let nearest = 0;
  for (const [index, stop] of stops.entries()) {
    if (Math.abs(stop - valueMb) < Math.abs((stops[nearest] ?? 0) - valueMb)) nearest = index;
  }
  return nearest;
}
