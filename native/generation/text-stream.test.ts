import { expect, it } from 'vitest';
import { TextStream } from './text-stream.ts';

it('holds a split character back until it is whole', () => {
  const stream = new TextStream();
  const bytes = new TextEncoder().encode('a€😀');
  const seen = Array.from(bytes, (byte) => {
    stream.add(Uint8Array.of(byte));
    return stream.text;
  });
  expect(seen).toEqual(['a', 'a', 'a', 'a€', 'a€', 'a€', 'a€', 'a€😀']);
  stream.end();
  expect(stream.text).toBe('a€😀');
});

it('shows bytes that stay incomplete as replacement characters', () => {
  const stream = new TextStream();
  stream.add(Uint8Array.of(0x61, 0xe2, 0x82));
  expect(stream.text).toBe('a');
  stream.end();
  expect(stream.text).toBe('a\ufffd');
});
