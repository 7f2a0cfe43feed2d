/** What its field holds. A link that has got there stays there; then only its content id tells that it changed. */
export const lastGeneration = 0xffff_ffff;

/** The next value of a link's generation: the time in seconds since 1970, but always above the last one, while there is room above it. */
export function nextGeneration(last = 0): number {
  return Math.min(Math.max(Math.floor(Date.now() / 1000), last + 1), lastGeneration);
}
