/** The next value of a link's generation: the time in seconds since 1970, but always above the last one. Fits 32 bits until 2106. */
export function nextGeneration(last = 0): number {
  return Math.min(Math.max(Math.floor(Date.now() / 1000), last + 1), 0xffff_ffff);
}
