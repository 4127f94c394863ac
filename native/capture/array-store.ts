/**
 * The arrays of captures, kept from run to run. Fresh ones cost a prompt of 512 tokens a twentieth to an eighth of its
 * time: their pages have to be faulted in, and V8, told of so much memory outside its heap, goes over the heap, up to once
 * a layer where it was collected just before.
 *
 * A run borrows its arrays and every run that reads from them holds the loan. What the last holder gave back is written
 * to again only after `recycle`, because requests that began before may still read it.
 */
import { AppError } from '../../shared/base/app-error.ts';
import { unwrittenFloats } from './unwritten.ts';

/** Lengths are rounded up to one of so many between two powers of two: a prompt that grew by a few tokens fits again. */
const STEPS = 16;
const FLOAT_BYTES = 4;

export class ArrayStore {
  readonly #mostBytes: number;
  /** May be written to, oldest first. */
  #spare: ArrayBuffer[] = [];
  /** Held by no run, but maybe still looked at. */
  #returned: ArrayBuffer[] = [];

  /** `mostBytes`: of what waits for its next run. */
  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** Bytes that no run holds. */
  get idleBytes(): number {
    return sumBytes(this.#spare) + sumBytes(this.#returned);
  }

  borrow(): ArrayLoan {
    return new ArrayLoan(this);
  }

  /** Floats that hold anything until they are written. */
  take(length: number): Float32Array {
    const capacity = roundedUp(length);
    const at = this.#spare.findLastIndex(({ byteLength }) => byteLength === capacity * FLOAT_BYTES);
    if (at === -1) return unwrittenFloats(capacity).subarray(0, length);
    return new Float32Array(this.#spare.splice(at, 1)[0]!, 0, length);
  }

  giveBack(buffers: readonly ArrayBuffer[]): void {
    this.#returned.push(...buffers);
    // One request may give back many times before the next `recycle`.
    this.trim(this.#mostBytes);
  }

  /** What was given back may be written to from now on. Call it where no request that began before is still running. */
  recycle(): void {
    this.#spare.push(...this.#returned.splice(0));
    this.trim(this.#mostBytes);
  }

  /** Lets the oldest go, down to so many idle bytes. */
  trim(bytes: number): void {
    let idle = this.idleBytes;
    for (const list of [this.#spare, this.#returned]) {
      while (idle > bytes && list.length > 0) idle -= list.shift()!.byteLength;
    }
  }
}

/** Arrays of one run, which others may read from too. */
export class ArrayLoan {
  readonly #store: ArrayStore;
  #buffers: ArrayBuffer[] = [];
  #holders = 1;

  constructor(store: ArrayStore) {
    this.#store = store;
  }

  /** Floats that hold anything until they are written. */
  floats = (length: number): Float32Array => {
    this.#mustBeHeld();
    if (length === 0) return new Float32Array(0);
    const array = this.#store.take(length);
    this.#buffers.push(array.buffer as ArrayBuffer);
    return array;
  };

  /** Another run reads from them too. Throws `unknown-run` where the last holder is gone. */
  retain(): void {
    this.#mustBeHeld();
    this.#holders += 1;
  }

  /** Given back with the last holder. */
  release(): void {
    this.#holders -= 1;
    if (this.#holders === 0) this.#store.giveBack(this.#buffers.splice(0));
  }

  #mustBeHeld(): void {
    if (this.#holders > 0) return;
    throw new AppError('unknown-run', 'This run is no longer held by the engine.', { hint: 'Run the prompt again.' });
  }
}

function roundedUp(length: number): number {
  const step = Math.max(1, 2 ** Math.floor(Math.log2(length)) / STEPS);
  return Math.ceil(length / step) * step;
}

const sumBytes = (buffers: readonly ArrayBuffer[]) => buffers.reduce((sum, { byteLength }) => sum + byteLength, 0);
