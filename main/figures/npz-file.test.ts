import { expect, it } from 'vitest';
import { fromBufferPromise } from 'yauzl';
import { encodeNpz } from './npz-file.ts';

it('holds arrays and texts as numpy writes them, without dates', async () => {
  const values = Float32Array.of(1, NaN, 3, 4, 5, 6);
  const file = encodeNpz(
    [
      { name: 'values', shape: [2, 3], values, about: '' },
      { name: 'ids', shape: [1], values: Int32Array.of(-7), about: '' },
    ],
    [{ name: 'token', values: ['·a', '😀'], about: '' }],
  );
  const zip = await fromBufferPromise(Buffer.from(file), { validateEntrySizes: true });
  const found = new Map<string, Buffer>();
  for await (const entry of zip.eachEntry()) {
    const parts: Buffer[] = [];
    for await (const part of await zip.openReadStreamPromise(entry)) parts.push(part as Buffer);
    found.set(entry.fileName, Buffer.concat(parts));
    expect(entry.getLastModDate().getFullYear()).toBe(1980);
  }
  expect([...found.keys()]).toEqual(['values.npy', 'ids.npy', 'token.npy']);
  const npy = found.get('values.npy')!;
  expect(npy.subarray(0, 8)).toEqual(Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]));
  const start = 10 + npy.readUInt16LE(8);
  expect(start % 64).toBe(0);
  expect(npy.toString('latin1', 10, start)).toMatch(
    /^\{'descr': '<f4', 'fortran_order': False, 'shape': \(2, 3\), \} *\n$/,
  );
  expect(npy.subarray(start).equals(Buffer.from(values.buffer))).toBe(true);
  expect(found.get('ids.npy')!.toString('latin1')).toContain("'<i4', 'fortran_order': False, 'shape': (1,)");
  const texts = found.get('token.npy')!;
  expect(texts.toString('latin1')).toContain("'<U2'");
  expect([...new Uint32Array(Uint8Array.from(texts.subarray(-16)).buffer)]).toEqual([0xb7, 0x61, 0x1f600, 0]);
  expect(() => encodeNpz([{ name: 'x', shape: [2], values, about: '' }], [])).toThrow('do not fill');
});
