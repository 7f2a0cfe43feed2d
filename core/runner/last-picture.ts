/** Where the last picture of a machine's screen is kept: beside its configuration, a PNG file. */
export function lastPictureFile(configPath: string): string {
  return `${configPath.replace(/\.(vmx|cfg)$/i, '')}.screen.png`;
}
