/** Bytes as people read them: `4 GiB`, `96.5 MiB`, `512 bytes`. Powers of 1024, rounded to a tenth. */
export function formatSize(bytes: number): string {
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  if (bytes < 1024) return `${String(bytes)} bytes`;
  const power = Math.min(Math.floor(Math.log2(bytes) / 10), units.length);
  return `${String(Math.round((bytes / 1024 ** power) * 10) / 10)} ${units[power - 1] ?? ''}`;
}
