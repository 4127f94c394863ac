import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArrayStore } from './array-store.ts';

/** Floats between which no size class ends. */
const [SHORT, LONG] = [1000, 1020];

describe('ArrayStore', () => {
  it('lends again what was given back, once it may be recycled', () => {
    const store = new ArrayStore(1e6);
    const first = store.borrow();
    const { buffer } = first.floats(SHORT);
    expect(store.idleBytes).toBe(0);
    first.release();
    expect(store.idleBytes).toBe(buffer.byteLength);
    // Somebody may still read it.
    expect(store.borrow().floats(SHORT).buffer).not.toBe(buffer);
    store.recycle();
    const second = store.borrow().floats(SHORT);
    expect(second.buffer).toBe(buffer);
    expect(store.idleBytes).toBe(0);
    expect(store.borrow().floats(SHORT).buffer).not.toBe(buffer);
  });

  it('gives a prompt that grew a little the same arrays, with its own length', () => {
    const store = new ArrayStore(1e6);
    const first = store.borrow();
    const short = first.floats(SHORT);
    first.release();
    store.recycle();
    const long = store.borrow().floats(LONG);
    expect([short.length, long.length]).toEqual([SHORT, LONG]);
    expect(long.buffer).toBe(short.buffer);
  });

  it('waits for the last holder, and lends nothing of what is gone', () => {
    const store = new ArrayStore(1e6);
    const loan = store.borrow();
    const { buffer } = loan.floats(SHORT);
    loan.retain();
    loan.release();
    store.recycle();
    expect(store.borrow().floats(SHORT).buffer).not.toBe(buffer);
    loan.release();
    expect(() => loan.retain()).toThrow(expect.objectContaining({ code: 'unknown-run' }));
    expect(() => loan.floats(1)).toThrow(expect.objectContaining({ code: 'unknown-run' }));
    store.recycle();
    expect(store.borrow().floats(SHORT).buffer).toBe(buffer);
  });

  it('keeps no more of what is given back again and again while nothing is recycled', () => {
    const one = new ArrayStore(0).borrow().floats(SHORT).buffer.byteLength;
    const store = new ArrayStore(2.5 * one);
    for (let step = 0; step < 5; step++) {
      const loan = store.borrow();
      loan.floats(SHORT);
      loan.release();
    }
    expect(store.idleBytes).toBe(2 * one);
  });

  it('keeps the newest within its bytes, and no more than it is trimmed to', () => {
    const one = new ArrayStore(0).borrow().floats(SHORT).buffer.byteLength;
    const store = new ArrayStore(2.5 * one);
    const loan = store.borrow();
    const buffers = [1, 2, 3].map(() => loan.floats(SHORT).buffer);
    loan.release();
    store.recycle();
    expect(store.idleBytes).toBe(2 * one);
    store.trim(one);
    expect(store.idleBytes).toBe(one);
    expect(store.borrow().floats(SHORT).buffer).toBe(buffers[2]);
    store.trim(0);
    expect(store.idleBytes).toBe(0);
  });

  it('never lends what is held or still looked at, nor an array of another length, nor much more than is needed', () => {
    const step = fc.record({ what: fc.constantFrom('take', 'release', 'recycle'), size: fc.nat(5000) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat(60_000), (steps, mostBytes) => {
        const store = new ArrayStore(mostBytes);
        let loan = store.borrow();
        const held = new Set<ArrayBufferLike>();
        const returned = new Set<ArrayBufferLike>();
        for (const { what, size } of steps) {
          if (what === 'take') {
            const { length, buffer, byteOffset } = loan.floats(size + 1);
            expect([length, byteOffset]).toEqual([size + 1, 0]);
            expect(buffer.byteLength / 4).toBeLessThan((size + 1) * (1 + 1 / 16) + 1);
            expect(held.has(buffer) || returned.has(buffer)).toBe(false);
            held.add(buffer);
          } else if (what === 'release') {
            loan.release();
            loan = store.borrow();
            for (const buffer of held) returned.add(buffer);
            held.clear();
          } else {
            store.recycle();
            returned.clear();
            expect(store.idleBytes).toBeLessThanOrEqual(mostBytes);
          }
        }
      }),
    );
  });
});
