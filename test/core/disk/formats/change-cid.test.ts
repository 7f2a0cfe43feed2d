import { describe, expect, it } from 'vitest';
import { RedoubtError } from '../../../../core/base/redoubt-error.ts';
import { changeCid } from '../../../../core/disk/formats/descriptor/change-cid.ts';
import { parseDescriptor } from '../../../../core/disk/formats/descriptor/parse-descriptor.ts';

const extent = 'RW 4192256 SPARSE "a disk-s001.vmdk"\n';
const good = `# Disk DescriptorFile
version=1
CID=8df05e3b
parentCID=0000000a
createType="twoGbMaxExtentSparse"
parentFileNameHint="a"

# Extent description
${extent}
#DDB
ddb.adapterType = "ide"
`;
const short = good.replace('8df05e3b', 'abc');
const cid = 0xcafe;

interface Changed {
  readonly text: string;
  readonly bytes: Uint8Array;
  readonly endBytes: number;
}

/** Changes a CID, and proves that all that changed is what is to be written, within one sector. */
function change(before: Uint8Array | string, key: 'CID' | 'parentCID' = 'CID', isEmbedded = false): Changed {
  const bytes = Buffer.from(before);
  const { after, startBytes, endBytes } = changeCid(bytes, '/d', { key, cid, isEmbedded });
  expect(Math.floor(startBytes / 512)).toBe(Math.floor((endBytes - 1) / 512));
  const written = Buffer.alloc(after.length);
  bytes.copy(written);
  written.set(after.subarray(startBytes, endBytes), startBytes);
  expect(written.equals(after)).toBe(true);
  const found = parseDescriptor(after, '/d');
  const old = parseDescriptor(bytes, '/d');
  expect(found).toEqual({ ...old, ...(key === 'CID' ? { cid } : { parentCid: cid }) });
  const nul = after.indexOf(0);
  return { text: written.toString('latin1', 0, nul < 0 ? after.length : nul), bytes: after, endBytes };
}

function inRoomOf(text: string, lengthBytes: number, rest = 0): Buffer {
  const room = Buffer.alloc(lengthBytes, rest);
  room.write(`${text}\0`);
  return room;
}

function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof RedoubtError && error.is('disk.unsupported')) return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('[X7] a CID that changes', () => {
  it('of eight digits stays in its place, and nothing else is touched', () => {
    expect(change(good).text).toBe(good.replace('8df05e3b', '0000cafe'));
    expect(change(good, 'parentCID').text).toBe(good.replace('0000000a', '0000cafe'));
    expect(change(good.replace('8df05e3b', '0x8df05e3b')).text).toBe(good.replace('8df05e3b', '0x0000cafe'));
  });

  it.each(['1', 'abc', 'abcdef1', '0x1', '"a"'])('of fewer digits (%s) grows to eight', (digits) => {
    const before = good.replace('8df05e3b', digits);
    const after = good.replace('8df05e3b', digits.replace(/[0-9a-f]+(?="?$)/, '0000cafe'));
    expect(change(before).text).toBe(after);
    expect(change(inRoomOf(before, 20 * 512), 'CID', true).text).toBe(after);
    // What is behind the text does not become a part of it.
    expect(change(inRoomOf(before, 20 * 512, 0x41), 'CID', true).text).toBe(after);
  });

  it('grows in a file that ends in NULs since the power failed', () => {
    const { bytes, text } = change(Buffer.concat([Buffer.from(short), Buffer.alloc(5)]));
    expect(text).toBe(good.replace('8df05e3b', '0000cafe'));
    expect(bytes.length).toBe(good.length);
  });

  it('grows twice where both are short', () => {
    const both = short.replace('0000000a', 'a');
    const once = change(both);
    expect(change(once.bytes, 'parentCID').text).toBe(
      good.replace('8df05e3b', '0000cafe').replace('0000000a', '0000cafe'),
    );
  });

  it('grows at the cost of a comment in a text of several sectors', () => {
    const long = (text: string) => text.replace(extent, extent.repeat(20));
    const after = long(good.replace('8df05e3b', '0000cafe').replace('description', 'descri'));
    expect(change(long(short)).text).toBe(after);
    expect(change(inRoomOf(long(short), 20 * 512), 'CID', true).text).toBe(after);
  });

  it('grows up to the last byte of its sector, not over it', () => {
    const filled = (count: number) =>
      `${short}ddb.x = "${'x'.repeat(count - short.length - 10)}"`.replace('# Extent description', '');
    const length = (text: string) => text.length;
    const full = filled(512 - 5 + 20);
    expect(length(full)).toBe(507);
    expect(change(full).text).toHaveLength(512);
    expect(change(inRoomOf(full, 1024), 'CID', true).text).toHaveLength(512);
    expect(refusal(() => change(inRoomOf(full, 512), 'CID', true))).toContain('no room');
    expect(refusal(() => change(inRoomOf(full, 1024, 0x41), 'CID', true))).toContain('no room');
    expect(refusal(() => change(`${full}\n`))).toContain('no room');
  });

  it.each([
    ['CID', 'CID=8df05e3b', 'CID=8df05e3b\ncid = 8df05e3b'],
    ['parentCID', 'parentCID=0000000a', 'parentCID=0000000a\nparentCID=0000000a'],
    ['CID', 'CID=8df05e3b', '# once\rCID=8df05e3b\nCID=8df05e3b'],
  ] as const)('that is given twice is refused: %s', (key, once, twice) => {
    const text = good.replace(once, twice);
    expect(parseDescriptor(Buffer.from(text), '/d').cid).toBe(0x8df05e3b);
    expect(refusal(() => change(text, key))).toContain('twice');
  });

  it('does not take a letter that is not ASCII, nor #DDB, from a text of several sectors', () => {
    const long = (comment: string) => `${short.replace('# Extent description', comment)}${extent.repeat(20)}`;
    expect(refusal(() => change(long('# Größe')))).toContain('no room');
    expect(refusal(() => change(long('#DDB     ')))).toContain('no room');
    expect(refusal(() => change(long('#abcd')))).toContain('no room');
    expect(change(long('# abcdef')).text).toContain('\n# a\n');
  });

  it('is refused where it lies in two sectors', () => {
    const shifted = good.replace('CID=8', `${'#'.repeat(470)}\nCID=8`);
    expect(refusal(() => change(shifted))).toContain('two sectors');
  });
});
