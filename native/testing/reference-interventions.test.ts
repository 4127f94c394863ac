/** The reference for interventions against values worked out by hand and by an implementation that shares no code. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Intervention } from '../../shared/model/intervention.ts';
import { parseInterventions } from '../../shared/model/intervention-text.ts';
import { maxAbsError } from './compare.ts';
import { ORACLE, writeOracle } from './oracle.ts';
import { openReference, referenceModel, type ReferenceModel } from './reference-forward.ts';
import {
  calibrateRow,
  klOfLogits,
  nllOfLogits,
  referenceAlignment,
  referenceInterventions,
  type ReferenceChanges,
} from './reference-interventions.ts';
import { createRng, randomIds } from './rng.ts';
import { writeTinyModel, type TinyModelOptions } from './tiny-model.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headscope-reference-interventions-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('pieces by hand', () => {
  it('moves weight off hidden sinks', () => {
    const row = calibrateRow(Float64Array.of(0.5, 0.1, 0.3, 0.1), [0, 0, 1, 0], 0.4);
    expect(maxAbsError(row, [0.628571429, 0.125714286, 0.12, 0.125714286])).toBeLessThan(1e-9);
    // Nothing to give to.
    expect(calibrateRow(Float64Array.of(1, 0), [1, 0], 0.4)).toEqual(Float64Array.of(1, 0));
  });

  it('tells a divergence in its direction', () => {
    const [p, q] = [Float64Array.of(0.7, 0.2, 0.1).map(Math.log), Float64Array.of(0.5, 0.3, 0.2).map(Math.log)];
    expect(klOfLogits(p, q)).toBeCloseTo(0.0851, 4);
    expect(klOfLogits(q, p)).toBeCloseTo(0.092, 4);
    expect(nllOfLogits(q, 0) - nllOfLogits(p, 0)).toBeCloseTo(0.3365, 4);
  });

  it('aligns an insertion, a deletion and a replaced run', () => {
    const align = (clean: number[], other: number[]) =>
      referenceAlignment(Int32Array.from(clean), Int32Array.from(other), 'tokens');
    expect(align([1, 2, 3], [1, 9, 2, 3])).toEqual([0, 2, 3]);
    expect(align([1, 9, 2, 3], [1, 2, 3])).toEqual([0, -1, 1, 2]);
    expect(align([1, 2, 3, 4, 5], [1, 8, 9, 4, 5])).toEqual([0, 1, 2, 3, 4]);
    expect(align([1, 2, 3, 4], [1, 8, 3, 4, 7])).toEqual([0, 1, 2, 3]);
    expect(referenceAlignment(Int32Array.of(1, 2, 3), Int32Array.of(5, 6), 'end')).toEqual([-1, 0, 1]);
    expect(referenceAlignment(Int32Array.of(1, 2, 3), Int32Array.of(5, 6), 'start')).toEqual([0, 1, -1]);
  });
});

/** A model of hand-made matrices, row by row. */
function toy(
  config: Readonly<Record<string, unknown>>,
  tensors: Readonly<Record<string, readonly number[]>>,
): ReferenceModel {
  return referenceModel(config, (name) => Promise.resolve(tensors[name] && Float64Array.from(tensors[name])));
}

describe('attention of one row by hand', () => {
  // Scores 1, 0, 2, 0, 1 of the last query and values 0, 1, 4, 1, 2: one head of width 1 that reads slots of the residual.
  const keys = [1, 0, 2, 0, 1];
  const values = [0, 1, 4, 1, 2];
  const model = toy(
    { model_type: 'attn-only', layers: 1, heads: 1, head_dim: 1, d_model: 4, vocab_size: 1 },
    {
      'embed.weight': [1, 0, 0, 0],
      'positions.weight': keys.flatMap((key, i) => [0, key, values[i]!, 0]),
      'unembed.weight': [0, 0, 0, 1],
      'layers.0.q.weight': [1, 0, 0, 0],
      'layers.0.k.weight': [0, 1, 0, 0],
      'layers.0.v.weight': [0, 0, 1, 0],
      'layers.0.o.weight': [0, 0, 0, 1],
    },
  );
  const last = async (text: string) =>
    (await referenceInterventions(model, new Int32Array(5), parseInterventions(text))).logits[4]!;
  const exp = Math.exp;

  it.each([
    ['', 2.495],
    ['L0H0=zero', 0],
    // Another removal is another number.
    ['L0H0=uniform', 1.6],
    ['L0H0=window:1', 2],
    ['L0H0=streaming:1:2', (exp(0) + 2 * exp(1)) / (2 * exp(1) + exp(0))],
    ['L0H0=drop-keys#2', (1 + 1 + 2 * exp(1)) / (2 * exp(1) + 2)],
    ['L0H0=drop-keys', 0],
    ['L0H0=zero-values#2', 2.495 - (4 * exp(2)) / (exp(2) + 2 * exp(1) + 2)],
    ['L0H0=scale:-0.5', -0.5 * 2.495],
    ['L0H0=temperature:2', (2 + 4 * exp(1) + 2 * exp(0.5)) / (2 + exp(1) + 2 * exp(0.5))],
    ['L0H0=sigmoid', 1 + 4 / (1 + exp(-2)) + 2 / (1 + exp(-1))],
    ['L0H0=sigmoid:log-visible', 2 / (1 + 5) + 4 / (1 + 5 * exp(-2)) + 2 / (1 + 5 * exp(-1))],
    ['L0H0=freeze', 2.495],
    // Rows before the last.
    ['L0H0=zero@0:4', 2.495],
    ['L0H0=zero@4', 0],
  ])('%s: %d', async (text, expected) => {
    expect(await last(text)).toBeCloseTo(expected, 3);
  });

  it('takes another prompt’s output, mean and pattern', async () => {
    // The clean run of itself.
    expect(await last('L0H0=patch:z<-0 0 0 0 0')).toBeCloseTo(2.495, 3);
    expect(await last('L0H0=patch:pattern<-0 0 0 0 0')).toBeCloseTo(2.495, 3);
    // Counted from the end, the last position is that of position 1 of a shorter prompt, with scores 1 and 0.
    const [p0, p1] = [exp(1) / (exp(1) + 1), 1 / (exp(1) + 1)];
    expect(await last('L0H0=patch:z:end<-0 0')).toBeCloseTo(p1, 12);
    expect(await last('L0H0=patch:pattern:end<-0 0')).toBeCloseTo(p0 * 1 + p1 * 2, 12);
    const rows = await referenceInterventions(model, new Int32Array(5), []);
    expect(await last('L0H0=mean')).toBeCloseTo(
      rows.logits.reduce((sum, z) => sum + z / 5, 0),
      12,
    );
    expect(await last('L0H0=mean:position')).toBeCloseTo(2.495, 3);
  });
});

describe('the final norm by hand', () => {
  // A residual (1, 2) and a head that writes (0.5, -1), read by (1, -1): the numbers of the reference document.
  const llama = {
    model_type: 'llama',
    num_hidden_layers: 1,
    num_attention_heads: 1,
    hidden_size: 2,
    intermediate_size: 1,
    vocab_size: 1,
    rms_norm_eps: 0,
    rope_theta: 10000,
    tie_word_embeddings: false,
  };
  const root = Math.sqrt(2.5);
  const layer = (name: string) => `model.layers.0.${name}.weight`;
  const model = toy(llama, {
    'model.embed_tokens.weight': [1, 2],
    [layer('input_layernorm')]: [root, root],
    [layer('self_attn.q_proj')]: [0, 0, 0, 0],
    [layer('self_attn.k_proj')]: [0, 0, 0, 0],
    [layer('self_attn.v_proj')]: [1, 0, 0, 1],
    [layer('self_attn.o_proj')]: [0.5, 0, 0, -0.5],
    [layer('post_attention_layernorm')]: [1, 1],
    [layer('mlp.gate_proj')]: [0, 0],
    [layer('mlp.up_proj')]: [0, 0],
    [layer('mlp.down_proj')]: [0, 0],
    'model.norm.weight': [1, 1],
    'lm_head.weight': [1, -1],
  });
  const read = async (text: string, changes?: ReferenceChanges) =>
    (await referenceInterventions(model, Int32Array.of(0), parseInterventions(text), changes)).logits[0]!;

  it('is recomputed, or keeps the clean scale', async () => {
    expect(await read('')).toBeCloseTo(0.392, 3);
    expect(await read('L0H0=zero')).toBeCloseTo(-0.632, 3);
    expect(await read('L0H0=zero', { finalNorm: 'frozen' })).toBeCloseTo(-0.784, 3);
    expect(await read('', { finalNorm: 'frozen' })).toBeCloseTo(0.392, 3);
  });
});

describe('redundant heads', () => {
  // Either of two heads is enough to mark the key that the next layer looks for: an OR gate.
  const width = 5;
  const slot = (at: number, value = 1) => Array.from({ length: width }, (_, d) => (d === at ? value : 0));
  const none = slot(-1);
  const [ONE, POSITION, OUT] = [1, 2, 3];
  const model = toy(
    { model_type: 'attn-only', layers: 2, heads: 2, head_dim: 1, d_model: width, vocab_size: 1 },
    {
      'embed.weight': slot(ONE),
      // Position 1 has the value 1, and is marked by heads that only it lets see itself.
      'positions.weight': [...none, ...slot(POSITION)],
      'unembed.weight': slot(OUT),
      'layers.0.q.weight': [...slot(POSITION, 80), ...slot(POSITION, 80)],
      'layers.0.k.weight': [...slot(POSITION), ...slot(POSITION)],
      'layers.0.v.weight': [...slot(POSITION), ...slot(POSITION)],
      // [dModel, heads]: both write into the mark, which is slot 0.
      'layers.0.o.weight': [1, 1, 0, 0, 0, 0, 0, 0, 0, 0],
      'layers.1.q.weight': [...slot(ONE, 80), ...none],
      // A mark wins over position 0's bias of 0.5.
      'layers.1.k.weight': [1, 0.5, -0.5, 0, 0, ...none],
      'layers.1.v.weight': [...slot(POSITION), ...none],
      'layers.1.o.weight': [0, 0, 0, 0, 0, 0, 1, 0, 0, 0],
    },
  );
  it('show no effect alone and all of it together', async () => {
    const effect = async (text: string) => {
      const run = (list: readonly Intervention[]) => referenceInterventions(model, Int32Array.of(0, 0), list);
      return (await run(parseInterventions(text))).logits[1]! - (await run([])).logits[1]!;
    };
    expect(await effect('L0H0=zero')).toBeCloseTo(0, 9);
    expect(await effect('L0H1=zero')).toBeCloseTo(0, 9);
    expect(await effect('L0H0=zero,L0H1=zero')).toBeCloseTo(-1, 9);
    expect(await effect('L0=zero')).toBeCloseTo(-1, 9);
  });
});

describe('the oracle', () => {
  let model: ReferenceModel;
  beforeAll(async () => {
    const path = join(folder, 'oracle');
    await writeOracle(path);
    model = await openReference(path);
  });
  const REPEAT = Int32Array.of(ORACLE.bos, 1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6);
  const loss = async (text: string, from = 7) => {
    const { logits, vocab } = await referenceInterventions(model, REPEAT, parseInterventions(text));
    const rows = Array.from({ length: REPEAT.length - 1 - from }, (_, at) => from + at);
    const nll = rows.map((row) => nllOfLogits(logits.subarray(row * vocab, (row + 1) * vocab), REPEAT[row + 1]!));
    return nll.reduce((sum, value) => sum + value, 0) / rows.length;
  };

  it.each([
    ['', 0.000499],
    ['L0H0=zero', 10.000469],
    ['L0H0=uniform', 9.614123],
    ['L1H0=zero', 2.484907],
    ['L1H0=uniform', 2.605853],
    // Heads whose values are nothing.
    ['L0H1=zero', 0.000499],
    ['L0H1=uniform', 0.000499],
    ['L1H1=zero', 0.000499],
    ['L1H1=uniform', 0.000499],
  ])('%s: loss %d on the second copy', async (text, expected) => {
    expect(await loss(text)).toBeCloseTo(expected, 6);
  });

  it('is influenced over the whole sequence by −.3308', async () => {
    const base = await loss('', 0);
    expect((await loss('L1H0=uniform', 0)) / base - 1).toBeCloseTo(-0.3308, 4);
  });
});

const MODELS: Readonly<Record<string, TinyModelOptions>> = {
  llama: { family: 'llama', heads: 8, kvHeads: 2, attentionBias: true },
  mistral: { family: 'mistral', kvHeads: 2, config: { sliding_window: 5 } },
  gpt2: { family: 'gpt2' },
};

describe.each(Object.entries(MODELS))('on a random model, %s', (name, options) => {
  let model: ReferenceModel;
  const ids = randomIds(createRng(8), 11, 61);
  const own = Array.from(ids).join(' ');
  beforeAll(async () => {
    await writeTinyModel(join(folder, name), options);
    model = await openReference(join(folder, name));
  });
  const logits = async (text: string) => (await referenceInterventions(model, ids, parseInterventions(text))).logits;

  it.each([
    '',
    'off L0H1=zero',
    'L1=scale:1',
    'L0=temperature:1',
    'L0=freeze,L1=freeze',
    'L0=calibrate:1',
    'L0=streaming:0:11,L1=window:11',
    'L1=drop-keys@0:5#7',
    'L0=mean:position,L1=mean:position',
    ...['z', 'q', 'k', 'v', 'pattern'].map((what) => `L0H1=patch:${what}<-${own}`),
    `L1=resample<-${own}`,
  ])('%s changes nothing', async (text) => {
    expect(maxAbsError(await logits(text), await logits(''))).toBeLessThan(1e-12);
  });

  it('sums rows of every softmax to 1, whatever is done to them', async () => {
    const kind = fc.constantFrom(
      'temperature:3',
      'uniform',
      'window:2',
      'streaming:1:2',
      'freeze',
      'calibrate:0.3:0.05',
    );
    const rows = fc.constantFrom('', '@4', '@2:9');
    const patch = fc.constant(`patch:pattern:end<-${own.slice(own.indexOf(' ') + 1)}`);
    const entry = fc
      .oneof(
        fc.tuple(kind, rows).map((parts) => parts.join('')),
        patch,
      )
      .map((text) => `L1H2=${text}`);
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 5 }), async (list) => {
        const run = await referenceInterventions(model, ids, parseInterventions(list.join(',')));
        const { attention } = run.layers[1]!;
        for (let row = 0; row < attention.length; row += run.n)
          expect(attention.subarray(row, row + run.n).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 9);
      }),
      { numRuns: 30 },
    );
  });

  it('lets a later entry work on what the earlier ones left', async () => {
    // Frozen last, a pattern is the clean one again.
    expect(await logits('L1H0=drop-keys#0:3,L1H0=freeze')).toEqual(await logits('L1H0=freeze'));
    expect(maxAbsError(await logits('L1H0=freeze,L1H0=drop-keys#0:3'), await logits(''))).toBeGreaterThan(1e-6);
    expect(await logits('L1H0=zero,L1H0=uniform')).toEqual(await logits('L1H0=zero'));
    expect(await logits('L1H0=zero,L1H0=mean')).toEqual(await logits('L1H0=mean'));
    expect(maxAbsError(await logits('L1H0=scale:3,L1H0=scale:0.5'), await logits('L1H0=scale:1.5'))).toBeLessThan(
      1e-12,
    );
  });
});
