import type { SeededRandom } from '../../support/seeded-random.ts';

const nastyNumbers = [
  0, 1, 2, 3, 4, 5, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x10000, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff,
];
const nastyTexts = [
  '',
  '0',
  '-1',
  '4294967296',
  '1e999',
  '../../..',
  '/dev/zero',
  '\0',
  '"',
  'é',
  'x'.repeat(5000),
  '[',
  '{}',
  'null',
  '99999999999999999999',
];

/** Changes bytes of a valid file in one to three of the ways that hurt. Returns a new file. */
export function mutate(original: Uint8Array, others: readonly Uint8Array[], random: SeededRandom): Uint8Array {
  let bytes: Uint8Array = original.slice();
  for (let rounds = 1 + random.below(3); rounds > 0; rounds--) {
    const isText = bytes.length < 20_000 && bytes.subarray(0, 64).every((byte) => byte >= 9 && byte < 127);
    bytes = isText && random.below(3) > 0 ? mutateText(bytes, random) : mutateBytes(bytes, others, random);
  }
  return bytes;
}

/** Most of what decides lies at the start. */
function place(length: number, random: SeededRandom): number {
  return random.below(
    Math.max(1, random.below(4) === 0 ? length : Math.min(length, random.pick([128, 512, 2048, 20_000]))),
  );
}

function mutateBytes(bytes: Uint8Array, others: readonly Uint8Array[], random: SeededRandom): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const at = place(bytes.length, random);
  const field = Math.min(at - (at % 4), Math.max(0, bytes.length - 8));
  if (bytes.length < 8) return new Uint8Array(random.below(600)).fill(random.below(256));
  switch (random.below(9)) {
    case 0:
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
      return bytes;
    case 1:
      bytes[at] = random.below(256);
      return bytes;
    case 2:
      view.setUint32(field, random.pick(nastyNumbers), true);
      return bytes;
    case 3:
      view.setUint32(field, (view.getUint32(field, true) + random.pick([-1, 1, -512, 512, 4096])) >>> 0, true);
      return bytes;
    case 4:
      return bytes.slice(0, random.below(3) === 0 ? at : random.below(bytes.length));
    case 5: {
      const longer = new Uint8Array(bytes.length + 1 + random.below(5000));
      longer.set(bytes);
      return longer;
    }
    case 6: {
      const other = place(bytes.length - 4, random) & ~3;
      const kept = view.getUint32(field, true);
      view.setUint32(field, view.getUint32(other, true), true);
      view.setUint32(other, kept, true);
      return bytes;
    }
    case 7: {
      const source = random.pick(others);
      const from = random.below(source.length);
      const piece = source.subarray(from, from + 1 + random.below(600)).subarray(0, bytes.length - at);
      bytes.set(piece, at);
      return bytes;
    }
    default: {
      const end = Math.min(bytes.length, at + random.pick([4, 32, 512, 2048]));
      bytes.fill(random.pick([0, 0xff, random.below(256)]), at, end);
      return bytes;
    }
  }
}

function mutateText(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const text = Buffer.from(bytes).toString('latin1');
  const lines = text.split('\n');
  const index = random.below(lines.length);
  switch (random.below(5)) {
    case 0:
      lines.splice(index, 1);
      return Buffer.from(lines.join('\n'), 'latin1');
    case 1:
      lines.splice(index, 0, lines[random.below(lines.length)] ?? '');
      return Buffer.from(lines.join('\n'), 'latin1');
    case 2: {
      // A value for another.
      const words = [...text.matchAll(/"[^"\n]*"|\b[\w.]+\b/g)];
      const word = words[random.below(words.length)];
      if (word === undefined) return bytes;
      const value = random.below(2) === 0 ? random.pick(nastyTexts) : (words[random.below(words.length)]?.[0] ?? '');
      return Buffer.from(text.slice(0, word.index) + value + text.slice(word.index + word[0].length), 'latin1');
    }
    case 3:
      return Buffer.from(text.repeat(1 + random.below(40)), 'latin1');
    default:
      lines[index] = random.pick(nastyTexts) + (lines[index] ?? '');
      return Buffer.from(lines.join('\n'), 'latin1');
  }
}
