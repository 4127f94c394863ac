/** The matrices as read from the files against the graphs that ONNX Runtime computes, for every family. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runForward } from '../forward/forward.ts';
import { logitRows } from '../forward/likelihoods.ts';
import type { ExtraHook } from '../forward/segment-graphs.ts';
import { openModel, type OpenModel } from '../model/open-model.ts';
import { attnOnly } from '../testing/attn-only.ts';
import { maxAbsError } from '../testing/compare.ts';
import { openForward, type OpenedForward } from '../testing/open-forward.ts';
import { writeOracle } from '../testing/oracle.ts';
import { RANDOM_MODELS } from '../testing/random-models.ts';
import { createRng, randomIds } from '../testing/rng.ts';
import { writeTinyModel } from '../testing/tiny-model.ts';
import { ModelWeights, type HeadMatrices } from './model-weights.ts';
import { normalized } from './testing/reference-norm.ts';

const TOKENS = 9;
const LIMIT = 1e-5;
let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'headscope-weights-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const FAMILIES = ['attn-only', ...Object.keys(RANDOM_MODELS)].map((name, seed) => ({ name, seed }));

/** x [rows, inputs] through the matrices of several heads: [rows, heads x width]. */
function through(x: ArrayLike<number>, inputs: number, { weight, bias }: HeadMatrices, width: number): Float64Array {
  const rows = x.length / inputs;
  const heads = weight.length / inputs / width;
  const out = new Float64Array(rows * heads * width);
  for (let row = 0; row < rows; row++) {
    for (let head = 0; head < heads; head++) {
      for (let d = 0; d < width; d++) {
        let sum = bias?.[head * width + d] ?? 0;
        for (let i = 0; i < inputs; i++) sum += x[row * inputs + i]! * weight[(head * inputs + i) * width + d]!;
        out[(row * heads + head) * width + d] = sum;
      }
    }
  }
  return out;
}

describe.each(FAMILIES)('$name', ({ name, seed }) => {
  let opened: OpenModel;
  let weights: ModelWeights;
  let forward: OpenedForward;
  const ids = randomIds(createRng(seed), TOKENS, 12);
  const extras = new Map<string, Float32Array>();
  const families = name === 'attn-only' ? [attnOnly] : undefined;

  beforeAll(async () => {
    const folder = join(root, String(seed));
    if (name === 'attn-only') await writeOracle(folder);
    else await writeTinyModel(folder, { ...RANDOM_MODELS[name]!, seed: seed + 40 });
    opened = await openModel({ folder, source: 'folder', families });
    weights = new ModelWeights(opened);
    forward = await openForward(folder, { ...(families && { families }) });
  });
  afterAll(() => forward.dispose());

  it('reads what the graphs compute with', async () => {
    const { architecture } = opened;
    const { heads, kvHeads, headDim, dModel, layers, vocabSize } = architecture;
    const hooks: readonly ExtraHook[] = ['residMid', 'qRaw', 'kRaw'];
    const job = { signal: new AbortController().signal, progress: () => undefined };
    const receive = (hook: ExtraHook, layer: number, row: number, values: Float32Array) => {
      expect(row).toBe(0);
      extras.set(`${hook} ${layer}`, values);
    };
    const capture = await runForward(forward, { ids, gain: () => null, extras: { hooks, receive } }, job);
    for (let layer = 0; layer < layers; layer++) {
      const { v, z } = capture.layers[layer]!;
      const x = normalized(capture.resid[layer]!, dModel, await weights.attentionNorm(layer));
      const gains = await weights.headGains(layer);
      const perHead = (values: Float64Array, gain: Float32Array | null) =>
        // The epsilon of these norms is that of the others in every family that has them.
        gain === null ? values : normalized(values, headDim, { kind: 'rms', eps: 1e-5, gain, bias: null });
      const q = perHead(through(x, dModel, await weights.query(layer), headDim), gains.query);
      const k = perHead(through(x, dModel, await weights.key(layer), headDim), gains.key);
      expect(maxAbsError(extras.get(`qRaw ${layer}`)!, q)).toBeLessThan(LIMIT);
      expect(maxAbsError(extras.get(`kRaw ${layer}`)!, k)).toBeLessThan(LIMIT);
      expect(maxAbsError(v, through(x, dModel, await weights.value(layer), headDim))).toBeLessThan(LIMIT);

      const output = await weights.output(layer);
      expect(output.weight).toHaveLength(heads * headDim * dModel);
      const written = through(z, heads * headDim, output, dModel);
      const mid = extras.get(`residMid ${layer}`)!;
      const added = mid.map((value, at) => value - capture.resid[layer]![at]!);
      expect(maxAbsError(added, written)).toBeLessThan(LIMIT);
    }
    expect((await weights.value(0)).weight).toHaveLength(kvHeads * dModel * headDim);

    const final = normalized(capture.resid[layers]!, dModel, await weights.finalNorm());
    const unembedding = await weights.unembedding(2, vocabSize);
    const logits = await logitRows(forward, capture, 0, TOKENS);
    for (let row = 0; row < TOKENS; row++) {
      for (let id = 2; id < vocabSize; id++) {
        let sum = 0;
        for (let d = 0; d < dModel; d++) sum += final[row * dModel + d]! * unembedding[(id - 2) * dModel + d]!;
        expect(Math.abs(sum - logits[row * vocabSize + id]!)).toBeLessThan(10 * LIMIT);
      }
    }
  });

  it('reads the embedding', async () => {
    const { dModel, vocabSize } = opened.architecture;
    const table = await weights.embedding(0, vocabSize);
    const rows = await weights.embedding(3, 5);
    expect(rows).toEqual(table.slice(3 * dModel, 5 * dModel));
    // Learned positions are added: the difference of two tokens at one position is that of their embeddings.
    const [a, b] = await Promise.all([embedded(3), embedded(4)]);
    const difference = a.map((value, d) => value - b[d]!);
    expect(
      maxAbsError(
        difference,
        rows.slice(0, dModel).map((value, d) => value - rows[dModel + d]!),
      ),
    ).toBeLessThan(LIMIT);
  });

  async function embedded(id: number): Promise<Float32Array> {
    const job = { signal: new AbortController().signal, progress: () => undefined };
    return (await runForward(forward, { ids: Int32Array.of(id), gain: () => null }, job)).resid[0]!;
  }
});

it('says which file is gone', async () => {
  const folder = join(root, 'gone');
  await writeTinyModel(folder, { family: 'llama' });
  const weights = new ModelWeights(await openModel({ folder, source: 'folder' }));
  await rm(join(folder, 'model.safetensors'));
  await expect(weights.output(0)).rejects.toMatchObject({ code: 'io', message: /model\.safetensors.*cannot be read/ });
});
