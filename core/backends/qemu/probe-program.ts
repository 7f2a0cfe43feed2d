/** The bytes of probe-program.asm up to the padding; a test assembles the source and compares. */
const code = Buffer.from(
  '31c08ed88ed0bc007cfcbed27cac84c07409b40ebb0700cd10ebf2fb66a16c046683c002f46639066c0472f8fae4920c' +
    '02e6920f0116f07c0f20c00c010f22c0ea457c080066b810008ed88ec08ed0c7050080000083000000bf0480000031c0' +
    'b9ff030000f3ab0f20e00c100f22e0b8008000000f22d80f20c00d000000800f22c0ea897c00000800bf00001000b900' +
    '000400b801000000890769c00d661900055ff36e3c83c704e2eebe00001000b90000040031dbd1c3331e83c604e2f789' +
    'd8c1e81031d883e03f83c84066baf400eff470726f6265000000000000000000ffff0000009acf00ffff00000092cf00' +
    '1700d87c',
  'hex',
);

/** QEMU's exit status when the program has run to its end with the right sums: twice the folded sum plus one. */
export const probeSuccessStatus = 191;

/** The program as a disk of 64 KiB that a PC boots. */
export function probeDisk(): Buffer {
  const disk = Buffer.alloc(64 * 1024);
  code.copy(disk);
  disk.writeUInt16BE(0x55aa, 510);
  return disk;
}
