/** Masked and uniform heads against the float64 reference, and resumed runs against full ones. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NO_MASK, type MaskSpec } from '../attention/mask.ts';
import type { Capture } from '../capture/capture.ts';
import type { Job } from '../forward/checkpoint.ts';
import { runForward, type ForwardRequest } from '../forward/forward.ts';
import { logitRows } from '../forward/likelihoods.ts';
import { anyMask, cutMask } from '../testing/any-mask.ts';
import { concat, maxAbsError } from '../testing/compare.ts';
import { ADDON, openForward, type OpenedForward } from '../testing/open-forward.ts';
import { sees } from '../testing/reference-attention.ts';
import { referenceForward } from '../testing/reference-forward.ts';
import { createRng, randomIds } from '../testing/rng.ts';
import { writeTinyModel, type TinyModelOptions } from '../testing/tiny-model.ts';
import { ParityTable } from './parity-table.ts';

const LIMIT = 1e-4;

const MODELS: Readonly<Record<string, TinyModelOptions>> = {
  'llama, r = 4': { family: 'llama', layers: 3, heads: 8, kvHeads: 2, attentionBias: true },
  'qwen2, r = 2': { family: 'qwen2', kvHeads: 2, layers: 3 },
  'qwen3, head_dim 24': { family: 'qwen3', kvHeads: 1, headDim: 24, layers: 3 },
  'mistral, window 7': { family: 'mistral', kvHeads: 2, layers: 3, config: { sliding_window: 7 } },
  gpt2: { family: 'gpt2', layers: 3 },
};
const TOKENS = 33;

const SINK_WINDOW: MaskSpec = { kind: 'sink-window', sink: 2, window: 3 };
const KEPT: MaskSpec = { kind: 'kept-keys', from: 9, keys: Int32Array.of(0, 4, 5) };
const BLOCKS: MaskSpec = {
  kind: 'blocks',
  size: 8,
  kept: Uint8Array.from({ length: 25 }, (_, at) => (at % 3 === 0 ? 1 : 0)),
};
/** Row i sees itself and i - 4; every fifth row sees nothing. */
const LISTED: MaskSpec = listedMask(TOKENS, (row) => (row % 5 === 4 ? [] : [row - 4, row].filter((key) => key >= 0)));

type Changes = Pick<ForwardRequest, 'gain' | 'masks' | 'uniform'>;

const table = new ParityTable('masked and uniform heads against the float64 reference');
const job: Job = { signal: new AbortController().signal, progress: () => undefined };
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headscope-masks-'));
});
afterAll(async () => {
  table.print();
  await rm(folder, { recursive: true, force: true });
});

/** Both kernels: what is true to the bit has to be so for each. */
const KERNELS = { addon: ADDON, ONNX: '' };
const CASES = Object.entries(MODELS).flatMap(([name, options], seed) =>
  Object.entries(KERNELS).map(([kernel, addon]) => ({ name: `${name}, ${kernel}`, addon, options, seed })),
);

describe.each(CASES)('$name', ({ name, addon, options, seed }) => {
  const path = () => join(folder, String(seed));
  const ids = randomIds(createRng(seed + 40), TOKENS, 61);
  let model: OpenedForward;
  beforeAll(async () => {
    await writeTinyModel(path(), { ...options, seed: seed + 500 });
    model = await openForward(path(), { addon });
  });
  afterAll(() => model.dispose());

  const run = (changes: Partial<Changes>, resume?: ForwardRequest['resume']) =>
    runForward(model, { ids, gain: () => null, ...changes, ...(resume === undefined ? {} : { resume }) }, job);

  /** All of one kind in the layers from `first` on: masks on the first heads, uniform heads and a gain among them. */
  const changedFrom = (first: number): Changes => {
    const { heads } = model.architecture;
    const masks = [SINK_WINDOW, KEPT, BLOCKS, LISTED];
    return {
      gain: (layer) => (layer >= first ? Float32Array.from({ length: heads }, (_, head) => 1 - 0.2 * head) : null),
      masks: (layer) =>
        layer < first ? null : Array.from({ length: heads }, (_, at) => masks[at + layer - 1] ?? null),
      uniform: (layer) =>
        layer < first ? null : Uint8Array.from({ length: heads }, (_, at) => (at % 3 === 2 ? 1 : 0)),
    };
  };

  it('gives the numbers of the reference', async () => {
    const { heads, layers, vocabSize } = model.architecture;
    const one =
      <T>(layer: number, head: number, value: T, others: T) =>
      (l: number) =>
        l === layer ? Array.from({ length: heads }, (_, h) => (h === head ? value : others)) : null;
    const cases: Readonly<Record<string, Partial<Changes>>> = {
      'sink + window': { masks: one<MaskSpec | null>(1, 2, SINK_WINDOW, null) },
      'kept keys': { masks: one<MaskSpec | null>(0, 1, KEPT, null) },
      blocks: { masks: one<MaskSpec | null>(2, 0, BLOCKS, null) },
      'listed keys': { masks: one<MaskSpec | null>(1, 3, LISTED, null) },
      'uniform head': {
        uniform: (layer) => (layer === 1 ? Uint8Array.from({ length: heads }, (_, h) => +(h === 2)) : null),
      },
      all: changedFrom(0),
    };
    for (const [what, changes] of Object.entries(cases)) {
      const expected = await referenceForward(path(), ids, {
        headGain: (layer, head) => changes.gain?.(layer)?.[head] ?? 1,
        visible: (layer, head, query, key) => {
          const mask = changes.masks?.(layer)?.[head];
          return mask === null || mask === undefined || sees(mask, TOKENS, query, query, key);
        },
        uniform: (layer, head) => changes.uniform?.(layer)?.[head] === 1,
      });
      const capture = await run(changes);
      const logits = await logitRows(model, capture, 0, TOKENS);
      expect(logits).toHaveLength(TOKENS * vocabSize);
      const errors = {
        z: maxAbsError(concat(capture.layers.map(({ z }) => z)), concat(expected.layers.map(({ z }) => z))),
        resid: maxAbsError(concat(capture.resid), concat(expected.residuals)),
        logits: maxAbsError(logits, expected.logits),
      };
      for (const [tensor, error] of Object.entries(errors)) {
        expect(error, `${tensor}, ${what}`).toBeLessThan(LIMIT);
      }
      table.add(name, what, Math.max(...Object.values(errors)), LIMIT);
      // What made no difference would let a no-op pass.
      const clean = await run({});
      expect(maxAbsError(capture.resid[layers]!, clean.resid[layers]!)).toBeGreaterThan(1e-4);
    }
  });

  it('equals a full run bit for bit when it is resumed at the first changed layer', async () => {
    const clean = await run({});
    const before = digest(clean);
    for (let layer = 0; layer < model.architecture.layers; layer++) {
      const changes = changedFrom(layer);
      const partly: Partial<Changes>[] = [changes, { masks: changes.masks! }, { uniform: changes.uniform! }];
      for (const each of partly) {
        const full = await run(each);
        const resumed = await run(each, { capture: clean, fromLayer: layer });
        expect(digest(resumed).equals(digest(full)), `layer ${layer}`).toBe(true);
      }
    }
    // The run that is resumed is left as it was.
    expect(digest(clean).equals(before)).toBe(true);
  });

  it('does so for any changes, from any layer that is not past the first changed one', async () => {
    const { layers, heads } = model.architecture;
    const clean = await run({});
    const perHead = <T>(each: fc.Arbitrary<T>) => fc.array(each, { minLength: heads, maxLength: heads });
    const layerChange = fc.record({
      gain: fc.option(perHead(fc.constantFrom(1, 0, 0.5, -2)), { nil: null }),
      masks: fc.option(perHead(fc.option(anyMask, { nil: null })), { nil: null }),
      uniform: fc.option(perHead(fc.constantFrom(0, 1)), { nil: null }),
    });
    const drawn = fc.record({
      from: fc.nat(layers - 1),
      earlier: fc.nat(layers - 1),
      changes: fc.array(layerChange, { minLength: layers, maxLength: layers }),
    });
    await fc.assert(
      fc.asyncProperty(drawn, async ({ from, earlier, changes }) => {
        const of = (layer: number) => (layer < from ? undefined : changes[layer]);
        const request: Changes = {
          gain: (layer) => made(of(layer)?.gain, (values) => Float32Array.from(values)),
          masks: (layer) =>
            made(of(layer)?.masks, (masks) => masks.map((mask) => mask && cutMask(mask, TOKENS, TOKENS))),
          uniform: (layer) => made(of(layer)?.uniform, (marks) => Uint8Array.from(marks)),
        };
        const full = await run(request);
        const resumed = await run(request, { capture: clean, fromLayer: Math.min(from, earlier) });
        expect(digest(resumed).equals(digest(full))).toBe(true);
      }),
      { numRuns: 15 },
    );
  });

  it('changes nothing, bit for bit, where a mask shows everything and a head is not uniform', async () => {
    const { heads } = model.architecture;
    const clean = await run({});
    const masks = () => Array.from({ length: heads }, () => NO_MASK);
    const wide: MaskSpec = { kind: 'sink-window', sink: TOKENS, window: 1 };
    for (const same of [
      { masks, uniform: () => new Uint8Array(heads) },
      { masks: () => masks().map((mask, head) => (head % 2 === 0 ? mask : null)) },
      { masks: () => masks().map(() => wide) },
      { gain: () => new Float32Array(heads).fill(1) },
    ]) {
      expect(digest(await run(same)).equals(digest(clean))).toBe(true);
    }
  });

  it('tells a uniform head by what it keeps: LSE, entropy and maps of equal weights', async () => {
    const { slidingWindow, heads } = model.architecture;
    const capture = await run({ uniform: () => Uint8Array.from({ length: heads }, (_, head) => +(head === 1)) });
    for (const [layer, { lse, entropy, rowMax, q }] of capture.layers.entries()) {
      for (let row = 0; row < TOKENS; row++) {
        const visible = Math.min(row + 1, slidingWindow[layer] ?? Infinity);
        expect(lse[TOKENS + row]).toBeCloseTo(Math.log(visible), 5);
        expect(entropy[TOKENS + row]).toBeCloseTo(Math.log(visible), 5);
        expect(rowMax[TOKENS + row]).toBeCloseTo(1 / visible, 6);
      }
      const { headDim } = model.architecture;
      const queries = Array.from({ length: TOKENS }, (_, row) => (row * heads + 1) * headDim);
      expect(queries.every((at) => q.subarray(at, at + headDim).every((value) => value === 0))).toBe(true);
    }
  });
});

function made<T, R>(value: T | null | undefined, make: (value: T) => R): R | null {
  return value === null || value === undefined ? null : make(value);
}

function listedMask(rows: number, keysOf: (row: number) => readonly number[]): MaskSpec {
  const lists = Array.from({ length: rows }, (_, row) => keysOf(row));
  const offsets = new Int32Array(rows + 1);
  lists.forEach((list, row) => (offsets[row + 1] = offsets[row]! + list.length));
  return { kind: 'row-keys', offsets, keys: Int32Array.from(lists.flat()) };
}

/** The bytes of everything that a capture holds. */
function digest({ resid, layers }: Capture): Buffer {
  const arrays = [
    ...resid,
    ...layers.flatMap((layer) => Object.values(layer).filter((value) => ArrayBuffer.isView(value))),
  ];
  return Buffer.concat(arrays.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)));
}
