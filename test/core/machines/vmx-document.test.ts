import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VmxDocument } from '../../../core/machines/vmx/vmx-document.ts';

const bytes = (text: string, encoding: BufferEncoding = 'utf8'): Buffer => Buffer.from(text, encoding);
const print = (document: VmxDocument): string => Buffer.from(document.print()).toString('latin1');

const foreign = [
  '#!/usr/bin/vmware',
  'config.version = 4',
  '  # made by hand',
  'displayName="Old |22box|22"',
  'Ethernet0.present = "TRUE"  ',
  'ide0:0.fileName = "C:\\vms\\my disk.vmdk"',
  'nonsense without equals',
  'memsize = "64"',
  'MEMSIZE = "128"',
  'odd.key = a | b',
  '',
].join('\r\n');

describe('a configuration document', () => {
  it('prints any bytes as it read them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (content) => {
        expect(Buffer.from(VmxDocument.parse(content).print())).toEqual(Buffer.from(content));
      }),
    );
  });

  it('gives back every value that was set, and changes no other line', () => {
    const value = fc.string({ unit: 'grapheme', maxLength: 40 });
    const name = fc.constantFrom('memsize', 'displayName', 'new.key', 'ide0:0.redo', 'CONFIG.version');
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 8 }), (edits) => {
        const document = VmxDocument.parse(bytes(foreign));
        for (const [key, text] of edits) document.set(key, text);
        const again = VmxDocument.parse(document.print());
        const last = new Map(edits.map(([key, text]) => [key.toLowerCase(), text]));
        for (const [key, text] of last) expect(again.get(key)).toBe(text);
        expect(again.get('odd.key')).toBe('a | b');
        expect(print(again)).toContain('nonsense without equals\r\n');
      }),
    );
  });

  it('reads quotes, bare values, escapes, names in any case, and the last of two', () => {
    const document = VmxDocument.parse(bytes(foreign));
    expect(document.get('config.version')).toBe('4');
    expect(document.get('displayname')).toBe('Old "box"');
    expect(document.get('ethernet0.PRESENT')).toBe('TRUE');
    expect(document.get('ide0:0.fileName')).toBe('C:\\vms\\my disk.vmdk');
    expect(document.get('memsize')).toBe('128');
    expect(document.get('absent')).toBeUndefined();
  });

  it('changes a value in its place, and appends a new name, with the line ends of the file', () => {
    const document = VmxDocument.parse(bytes(foreign));
    document.set('memSize', '256');
    document.set('config.version', '4');
    document.set('uuid.bios', 'a "b" | c');
    document.remove('ethernet0.present');
    expect(print(document)).toBe(
      foreign.replace('MEMSIZE = "128"', 'MEMSIZE = "256"').replace('Ethernet0.present = "TRUE"  \r\n', '') +
        'uuid.bios = "a |22b|22 |7C c"\r\n',
    );
  });

  it('ends the last line before it appends another', () => {
    const document = VmxDocument.parse(bytes('a = "1"'));
    document.set('b', '2');
    expect(print(document)).toBe('a = "1"\nb = "2"\n');
  });

  it('keeps the encoding that it found, unless a character does not fit', () => {
    const old = VmxDocument.parse(Buffer.from('displayName = "B\xfcro \x80"\n', 'latin1'));
    expect(old.get('displayName')).toBe('Büro €');
    old.set('guestOS', 'é');
    expect(print(old)).toBe('displayName = "B\xfcro \x80"\nguestOS = "\xe9"\n');
    old.set('guestOS', '日本');
    expect(Buffer.from(old.print()).toString('utf8')).toBe('displayName = "Büro €"\nguestOS = "日本"\n');

    const utf8 = VmxDocument.parse(bytes('\uFEFFdisplayName = "Büro"\n'));
    utf8.set('x', 'ü');
    expect(Buffer.from(utf8.print()).toString('utf8')).toBe('\uFEFFdisplayName = "Büro"\nx = "ü"\n');
  });
});
