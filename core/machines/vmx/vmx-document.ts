import { decodeText, encodeText, type TextEncoding } from './text-encoding.ts';
import { newLine, parseLine, withValue, type VmxLine } from './vmx-line.ts';

/**
 * A configuration file (.vmx, .cfg) as an editable document. What is not changed is printed byte for byte
 * as it was read: unknown names, comments, order, line ends, encoding.
 *
 * - Names mean the same in any case. Of a name that occurs twice, the last one counts.
 * - A changed value keeps its place; a new name is appended.
 */
export class VmxDocument {
  private readonly lines: { line: VmxLine; end: string }[];
  private readonly encoding: TextEncoding;
  private readonly lineEnd: string;

  private constructor(lines: { line: VmxLine; end: string }[], encoding: TextEncoding, lineEnd: string) {
    this.lines = lines;
    this.encoding = encoding;
    this.lineEnd = lineEnd;
  }

  static empty(): VmxDocument {
    return new VmxDocument([], 'utf-8', process.platform === 'win32' ? '\r\n' : '\n');
  }

  /** Accepts any bytes; lines that are no settings are kept as they are. */
  static parse(bytes: Uint8Array): VmxDocument {
    const { text, encoding } = decodeText(bytes);
    const lines: { line: VmxLine; end: string }[] = [];
    for (const match of text.matchAll(/([^\r\n]*)(\r\n|\n|\r|$)/g)) {
      const [whole, content = '', end = ''] = match;
      if (whole !== '') lines.push({ line: parseLine(content), end });
    }
    const firstEnd = lines[0]?.end;
    const lineEnd = firstEnd === undefined || firstEnd === '' ? '\n' : firstEnd;
    return new VmxDocument(lines, encoding, lineEnd);
  }

  print(): Uint8Array {
    return encodeText(this.lines.map(({ line, end }) => line.text + end).join(''), this.encoding);
  }

  get(name: string): string | undefined {
    const index = this.lastIndexOf(name);
    const found = this.lines[index]?.line;
    return found?.kind === 'setting' ? found.value : undefined;
  }

  /** `undefined` removes. A value equal to the present one changes nothing. */
  set(name: string, value: string | undefined): void {
    if (value === undefined) {
      this.remove(name);
      return;
    }
    const index = this.lastIndexOf(name);
    const entry = this.lines[index];
    if (entry?.line.kind === 'setting') {
      if (entry.line.value !== value) this.lines[index] = { line: withValue(entry.line, value), end: entry.end };
      return;
    }
    const last = this.lines.at(-1);
    if (last !== undefined && last.end === '') last.end = this.lineEnd;
    this.lines.push({ line: newLine(name, value), end: this.lineEnd });
  }

  /** Removes every line of that name. */
  remove(name: string): void {
    const wanted = name.toLowerCase();
    for (let index = this.lines.length - 1; index >= 0; index--) {
      const line = this.lines[index]?.line;
      if (line?.kind === 'setting' && line.name.toLowerCase() === wanted) this.lines.splice(index, 1);
    }
  }

  /** Lower-case names, each once, in the order of the file. */
  names(): string[] {
    const names = this.lines.flatMap(({ line }) => (line.kind === 'setting' ? [line.name.toLowerCase()] : []));
    return [...new Set(names)];
  }

  private lastIndexOf(name: string): number {
    const wanted = name.toLowerCase();
    return this.lines.findLastIndex(({ line }) => line.kind === 'setting' && line.name.toLowerCase() === wanted);
  }
}
