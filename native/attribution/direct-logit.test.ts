/** Attributions of a logit to components, on random models of every family and on the oracle. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Attribution } from '../../shared/model/attribution.ts';
import type { Capture } from '../capture/capture.ts';
import type { Family } from '../families/family.ts';
import type { Job } from '../forward/checkpoint.ts';
import { runForward } from '../forward/forward.ts';
import { openModel } from '../model/open-model.ts';
import { attnOnly } from '../testing/attn-only.ts';
import { openForward, type OpenedForward } from '../testing/open-forward.ts';
import { writeOracle } from '../testing/oracle.ts';
import { RANDOM_MODELS } from '../testing/random-models.ts';
import { referenceForward, type ReferenceRun } from '../testing/reference-forward.ts';
import { createRng, randomIds } from '../testing/rng.ts';
import { writeTinyModel } from '../testing/tiny-model.ts';
import { Circuits } from '../weights/circuits.ts';
import { matrix, times } from '../weights/testing/reference-circuits.ts';
import { attributeLogit, type AttributionRequest } from './direct-logit.ts';

const LIMIT = 1e-4;
const TOKENS = 12;
const job: Job = { signal: new AbortController().signal, progress: () => undefined };
let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'headscope-attribution-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

interface Opened {
  readonly forward: OpenedForward;
  readonly circuits: Circuits;
  of(capture: Capture, request: AttributionRequest, own?: Job): Promise<Attribution>;
  dispose(): Promise<void>;
}

async function open(folder: string, families?: readonly Family[]): Promise<Opened> {
  const forward = await openForward(folder, families && { families });
  const circuits = new Circuits(await openModel({ folder, source: 'folder', families }), 2);
  return {
    forward,
    circuits,
    of: (capture, request, own = job) => attributeLogit(circuits, forward, capture, request, own),
    async dispose() {
      await circuits.dispose();
      await forward.dispose();
    },
  };
}

describe.each(Object.entries(RANDOM_MODELS).map(([name, options], seed) => ({ name, options, seed })))(
  '$name',
  ({ options, seed }) => {
    let model: Opened;
    let capture: Capture;
    let reference: ReferenceRun;
    const mids: Float32Array[] = [];
    const ids = randomIds(createRng(seed + 500), TOKENS, 50);

    beforeAll(async () => {
      const folder = join(root, String(seed));
      await writeTinyModel(folder, { ...options, seed: seed + 60 });
      model = await open(folder);
      const receive = (_hook: string, layer: number, _row: number, values: Float32Array) => {
        mids[layer] = values;
      };
      const extras = { hooks: ['residMid'] as const, receive };
      capture = await runForward(model.forward, { ids, gain: () => null, extras }, job);
      reference = await referenceForward(folder, ids);
    });
    afterAll(() => model.dispose());

    it.each([
      { position: TOKENS - 1, token: 7, against: 3 },
      { position: 4, token: 11, against: null },
      { position: 0, token: 2, against: 40 },
    ])('adds up to the logit: $position, $token, $against', async (request) => {
      const found = await model.of(capture, request);
      const { vocab, logits } = reference;
      const at = request.position * vocab;
      const expected = logits[at + request.token]! - (request.against === null ? 0 : logits[at + request.against]!);
      expect(Math.abs(found.sum - found.logit)).toBeLessThan(LIMIT);
      expect(Math.abs(found.sum - expected)).toBeLessThan(LIMIT);
      const parts = [...found.heads, ...found.attentionBias, ...found.mlps, found.embedding, found.bias];
      expect(parts.reduce((a, b) => a + b)).toBeCloseTo(found.sum, 12);
    });

    it('tells every component as the float64 reference does', async () => {
      const { circuits } = model;
      const { layers, heads, headDim, dModel } = circuits.architecture;
      const request = { position: TOKENS - 2, token: 5, against: 9 };
      const found = await model.of(capture, request);
      const norm = await circuits.weights.finalNorm();
      const [a, b] = [await circuits.weights.unembedding(5, 6), await circuits.weights.unembedding(9, 10)];
      const row = (values: ArrayLike<number>, width: number) =>
        Array.from({ length: width }, (_, d) => values[request.position * width + d]!);
      const mean = (values: readonly number[]) => (norm.kind === 'layer' ? values.reduce((x, y) => x + y) / dModel : 0);
      const final = row(reference.residuals[layers]!, dModel);
      const scale = Math.sqrt(final.reduce((sum, value) => sum + (value - mean(final)) ** 2, 0) / dModel + norm.eps);
      // Every part is centred by itself and divided by the scale of the whole.
      const part = (values: readonly number[]) =>
        values.reduce(
          (sum, value, d) => sum + ((value - mean(values)) / scale) * (norm.gain?.[d] ?? 1) * (a[d]! - b[d]!),
          0,
        );
      expect(found.embedding).toBeCloseTo(part(row(reference.residuals[0]!, dModel)), 4);
      for (let layer = 0; layer < layers; layer++) {
        const { weight, bias } = await circuits.weights.output(layer);
        for (let head = 0; head < heads; head++) {
          const z = row(reference.layers[layer]!.z, heads * headDim).slice(head * headDim, (head + 1) * headDim);
          const own = weight.subarray(head * headDim * dModel, (head + 1) * headDim * dModel);
          const written = times(matrix(1, headDim, z), matrix(headDim, dModel, own)).data;
          expect(found.heads[layer * heads + head]).toBeCloseTo(part([...written]), 4);
        }
        expect(found.attentionBias[layer]).toBeCloseTo(bias === null ? 0 : part([...bias]), 4);
        const before = row(mids[layer]!, dModel);
        const mlp = row(reference.residuals[layer + 1]!, dModel).map((value, d) => value - before[d]!);
        expect(found.mlps[layer]).toBeCloseTo(part(mlp), 4);
      }
    });

    it('gives nothing to a head that was ablated, and follows a head that was scaled', async () => {
      const { heads } = model.circuits.architecture;
      const gain = (layer: number) =>
        layer === 1 ? Float32Array.from({ length: heads }, (_, h) => [0, -2][h] ?? 1) : null;
      const changed = await runForward(model.forward, { ids, gain }, job);
      const request = { position: TOKENS - 1, token: 1, against: 8 };
      const found = await model.of(changed, request);
      expect(found.heads[heads]).toBe(0);
      expect(Math.abs(found.sum - found.logit)).toBeLessThan(LIMIT);
      const clean = await model.of(capture, request);
      // Up to the scale of the norm, which all parts of one run share.
      const ratio = found.heads[heads + 1]! / clean.heads[heads + 1]!;
      expect(ratio / (found.embedding / clean.embedding)).toBeCloseTo(-2, 2);
    });
  },
);

describe('the oracle', () => {
  let model: Opened;
  beforeAll(async () => {
    const folder = join(root, 'oracle');
    await writeOracle(folder);
    model = await open(folder, [attnOnly]);
  });
  afterAll(() => model.dispose());

  it('has its prediction from the induction head alone', async () => {
    const ids = Int32Array.of(0, 1, 2, 6, 7, 8, 9, 10, 11, 3, 4, 5, 6);
    const capture = await runForward(model.forward, { ids, gain: () => null }, job);
    const found = await model.of(capture, { position: 12, token: 7, against: 3 });
    expect([...found.heads].map((part) => Number(part.toFixed(4)))).toEqual([0, 0, 10, 0]);
    expect(found.logit).toBeCloseTo(10, 4);
    expect(
      [...found.mlps, ...found.attentionBias, found.embedding, found.bias].every((part) => Math.abs(part) < LIMIT),
    ).toBe(true);
  });

  it('refuses a position and a token that are not there, and stops when it is cancelled', async () => {
    const capture = await runForward(model.forward, { ids: Int32Array.of(0, 1), gain: () => null }, job);
    const bad = { code: 'bad-request' };
    await expect(model.of(capture, { position: 2, token: 0, against: null })).rejects.toMatchObject(bad);
    await expect(model.of(capture, { position: 0, token: 12, against: null })).rejects.toMatchObject(bad);
    await expect(model.of(capture, { position: 0, token: 1, against: 99 })).rejects.toMatchObject(bad);
    const cancelled: Job = { ...job, signal: AbortSignal.abort() };
    await expect(model.of(capture, { position: 0, token: 1, against: null }, cancelled)).rejects.toThrow();
  });
});
