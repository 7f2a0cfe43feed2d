/** A number in a header: where it lies and how wide it is. All are little-endian and unsigned. */
export interface Field {
  readonly offset: number;
  readonly bytes: 1 | 2 | 4 | 8;
}

export type FieldTable = Readonly<Record<string, Field>>;
export type FieldValues<T extends FieldTable> = { -readonly [K in keyof T]: number };

export function readField(header: Buffer, { offset, bytes }: Field): number {
  if (bytes === 8) return Number(header.readBigUInt64LE(offset));
  return header.readUIntLE(offset, bytes);
}

export function writeField(header: Buffer, { offset, bytes }: Field, value: number | bigint): void {
  if (bytes === 8) header.writeBigUInt64LE(BigInt(value), offset);
  else header.writeUIntLE(Number(value), offset, bytes);
}

export function readFields<T extends FieldTable>(header: Buffer, table: T): FieldValues<T> {
  const values = Object.entries(table).map(([name, field]) => [name, readField(header, field)]);
  return Object.fromEntries(values) as FieldValues<T>;
}

export function writeFields<T extends FieldTable>(header: Buffer, table: T, values: Partial<FieldValues<T>>): void {
  for (const [name, field] of Object.entries(table)) {
    const value = values[name];
    if (value !== undefined) writeField(header, field, value);
  }
}

/** Text up to the first NUL. */
export function readText(header: Buffer, offset: number, bytes: number): string {
  const field = header.subarray(offset, offset + bytes);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? bytes : end);
}
