import { expect, it } from 'vitest';
import { encodeSafetensors } from '../safetensors/index.ts';
import type { StoredTrace } from '../../shared/model/method-views.ts';
import { decodeStoredTrace, encodeStoredTrace } from './stored-trace-codec.ts';

const TRACE: StoredTrace = {
  tokens: 19,
  firstRow: 12,
  rows: 7,
  layers: 2,
  heads: 3,
  windows: Int32Array.of(0, 8),
  changes: false,
  propagated: true,
  bits: Uint8Array.from({ length: 2 * 3 * 7 * 3 }, (_, at) => (at * 37) % 256),
};

it('comes back to the bit', () => {
  expect(decodeStoredTrace(encodeStoredTrace(TRACE))).toEqual(TRACE);
});

it('is refused where it is not of the rows that it names, or lacks something', () => {
  const { bits, windows } = TRACE;
  const tensors = [
    { name: 'bits', dtype: 'U8', shape: [2, 3, 7, 3], data: bits },
    { name: 'extent', dtype: 'I32', shape: [2], data: Int32Array.of(19, 12) },
    { name: 'windows', dtype: 'I32', shape: [2], data: windows },
    { name: 'flags', dtype: 'U8', shape: [2], data: Uint8Array.of(0, 1) },
  ] as const;
  expect(decodeStoredTrace(encodeSafetensors(tensors))).toEqual(TRACE);
  const wrong = [
    { name: 'extent', dtype: 'I32', shape: [2], data: Int32Array.of(18, 12) },
    { name: 'extent', dtype: 'I32', shape: [2], data: Int32Array.of(19, -1) },
    { name: 'extent', dtype: 'I32', shape: [2], data: Int32Array.of(33, 12) },
    { name: 'extent', dtype: 'F32', shape: [2], data: Float32Array.of(19, 12) },
    { name: 'bits', dtype: 'U8', shape: [2, 3, 21], data: bits },
    { name: 'bits', dtype: 'U8', shape: [0, 3, 7, 3], data: new Uint8Array() },
    { name: 'windows', dtype: 'I32', shape: [2], data: Int32Array.of(0, -1) },
    { name: 'windows', dtype: 'I32', shape: [1], data: Int32Array.of(0) },
    { name: 'flags', dtype: 'U8', shape: [2], data: Uint8Array.of(0, 2) },
  ] as const;
  for (const one of wrong) {
    const file = encodeSafetensors(tensors.map((tensor) => (tensor.name === one.name ? one : tensor)));
    expect(() => decodeStoredTrace(file), JSON.stringify(one)).toThrow(
      expect.objectContaining({ code: 'session-invalid' }),
    );
  }
  for (const { name } of tensors) {
    const file = encodeSafetensors(tensors.filter((tensor) => tensor.name !== name));
    expect(() => decodeStoredTrace(file)).toThrow(expect.objectContaining({ code: 'session-invalid' }));
  }
  expect(() => decodeStoredTrace(new Uint8Array(5))).toThrow(expect.objectContaining({ code: 'session-invalid' }));
});
