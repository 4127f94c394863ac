/**
 * Decoding under each kind of intervention, token by token, against full float64 runs. Kinds that act at every step: over
 * prompt and generated tokens with the same list. Kinds about the prompt: over these with the prompt's changed rows in
 * place, and attention as it is in all rows after them.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { groupOf } from '../../shared/model/head-id.ts';
import { INTERVENTION_KIND_IDS, interventionKind } from '../../shared/model/intervention-kinds/index.ts';
import type { Intervention } from '../../shared/model/intervention.ts';
import { formatInterventions } from '../../shared/model/intervention-text.ts';
import { runForward } from '../forward/forward.ts';
import { logitRows } from '../forward/likelihoods.ts';
import { createDecoder } from '../generation/decoder.ts';
import { generationEdits } from '../generation/generation-edits.ts';
import type { PlanContext } from '../interventions/plan.ts';
import { maxAbsError } from '../testing/compare.ts';
import { ADDON, openForward, type OpenedForward } from '../testing/open-forward.ts';
import {
  openReference,
  type Attended,
  type AttentionInputs,
  type ReferenceModel,
} from '../testing/reference-forward.ts';
import type { ReferenceRun } from '../testing/reference-forward.ts';
import { referenceInterventions } from '../testing/reference-interventions.ts';
import { createRng, randomIds } from '../testing/rng.ts';
import { writeTinyModel, type TinyModelOptions } from '../testing/tiny-model.ts';
import { casesOf } from './kind-cases.ts';
import { ParityTable } from './parity-table.ts';

const LIMIT = 1e-4;
const PROMPT = 19;
const STEPS = 5;
const JOB = { signal: new AbortController().signal, progress: () => undefined };

const MODELS: Readonly<Record<string, { readonly options: TinyModelOptions; readonly addon: string }>> = {
  'llama, r = 4': { options: { family: 'llama', layers: 2, heads: 8, kvHeads: 2, attentionBias: true }, addon: ADDON },
  'mistral, window 7, without addon': {
    options: { family: 'mistral', kvHeads: 2, layers: 3, config: { sliding_window: 7 } },
    addon: '',
  },
  gpt2: { options: { family: 'gpt2', layers: 2 }, addon: ADDON },
};

/** Rows of the prompt as another run has them, all later rows plain. */
function continued(inputs: AttentionInputs, prompt: ReferenceRun): Attended {
  const { layer, n, heads, kvHeads, headDim, scale, window } = inputs;
  const done = prompt.layers[layer]!;
  const withPrompt = (values: Float64Array, of: Float64Array) => {
    const all = values.slice();
    all.set(of);
    return all;
  };
  const [q, k, v] = [inputs.q, withPrompt(inputs.k, done.k), withPrompt(inputs.v, done.v)];
  const z = withPrompt(new Float64Array(n * heads * headDim), done.z);
  const scores = new Float64Array(heads * n * n);
  const attention = new Float64Array(heads * n * n);
  const lse = new Float64Array(heads * n);
  for (let head = 0; head < heads; head++) {
    const group = groupOf(head, heads, kvHeads);
    for (let i = prompt.n; i < n; i++) {
      const row = (head * n + i) * n;
      const seen = Array.from({ length: i + 1 }, (_, j) => j).filter((j) => i - j < window);
      for (const j of seen) {
        for (let c = 0; c < headDim; c++)
          scores[row + j]! += q[(i * heads + head) * headDim + c]! * k[(j * kvHeads + group) * headDim + c]! * scale;
      }
      const top = Math.max(...seen.map((j) => scores[row + j]!));
      const total = seen.reduce((sum, j) => sum + Math.exp(scores[row + j]! - top), 0);
      lse[head * n + i] = top + Math.log(total);
      for (const j of seen) {
        const p = (attention[row + j] = Math.exp(scores[row + j]! - top) / total);
        for (let c = 0; c < headDim; c++)
          z[(i * heads + head) * headDim + c]! += p * v[(j * kvHeads + group) * headDim + c]!;
      }
    }
  }
  return { q, k, v, scores, attention, lse, z };
}

/** A full run in which only the prompt is changed. */
async function changedPrompt(reference: ReferenceModel, ids: Int32Array, list: readonly Intervention[]) {
  const prompt = await referenceInterventions(reference, ids.subarray(0, PROMPT), list);
  return reference(ids, {
    residual: (layer, x) => {
      const all = x.slice();
      all.set(prompt.residuals[layer]!);
      return all;
    },
    attention: (inputs) => continued(inputs, prompt),
  });
}

const table = new ParityTable('decoding under each kind of intervention against full float64 runs');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headscope-changed-'));
});
afterAll(async () => {
  table.print();
  await rm(folder, { recursive: true, force: true });
});

describe.each(Object.entries(MODELS).map(([name, model], seed) => ({ name, ...model, seed })))(
  '$name',
  ({ options, addon, seed }) => {
    let model: OpenedForward;
    let reference: ReferenceModel;
    let ids: Int32Array;
    let context: PlanContext;
    beforeAll(async () => {
      const path = join(folder, String(seed));
      await writeTinyModel(path, { ...options, seed: seed + 90 });
      model = await openForward(path, { addon });
      reference = await openReference(path);
      ids = randomIds(createRng(seed + 2), PROMPT + STEPS, model.architecture.vocabSize);
      context = {
        model: model.architecture,
        ids: ids.slice(0, PROMPT),
        classes: (of) => new Uint8Array(of.length),
        runPrompt: (of) => runForward(model, { ids: of }, JOB),
        samples: () => Promise.reject(new Error('There are no tasks here.')),
      };
    });
    afterAll(() => model.dispose());

    /** Prompt in one portion, then one token at a time. `expected`: the full run over so many tokens. */
    async function check(
      label: string,
      list: readonly Intervention[],
      expected: (ids: Int32Array) => Promise<ReferenceRun>,
    ): Promise<void> {
      const edit = await generationEdits(context, list, ids.length, JOB);
      const plain = { gain: () => null, masks: () => null };
      const decoder = createDecoder(model, { edit, ...plain, capacity: ids.length });
      const { layers, heads, vocabSize } = model.architecture;
      const full = await expected(ids);
      for (let n = PROMPT; n <= ids.length; n++) {
        const logits = await decoder.append(ids.subarray(decoder.length, n), JOB);
        const error = maxAbsError(logits, full.logits.subarray((n - 1) * vocabSize, n * vocabSize));
        table.add(label, n === PROMPT ? 'prompt' : 'steps', error, LIMIT);
        expect(error, `logits after ${n} tokens under ${formatInterventions(list)}`).toBeLessThan(LIMIT);
        if (n === PROMPT) continue;
        for (let layer = 0; layer < layers; layer++) {
          const { attention } = full.layers[layer]!;
          const rows = Array.from({ length: heads }, (_, head) => {
            const at = (head * full.n + n - 1) * full.n;
            return Array.from(attention.subarray(at, at + n));
          });
          const rowError = maxAbsError(decoder.attentionRows(layer), rows.flat());
          table.add(label, 'rows', rowError, 1e-5);
          expect(rowError, `rows after ${n} tokens under ${formatInterventions(list)}`).toBeLessThan(1e-5);
        }
      }
    }

    it.each(INTERVENTION_KIND_IDS)('%s', async (what) => {
      const isOfPrompt = interventionKind(what).generation === 'prompt-only';
      for (const entries of casesOf(what, ids.subarray(0, PROMPT), model.architecture)) {
        // Freezing comes after a change that acts at every step, which is one of the prompt here.
        const list = entries.map((entry, at) =>
          at + 1 < entries.length ? { ...entry, rows: [{ start: 0, end: PROMPT }] } : entry,
        );
        await check(what, list, (all) =>
          isOfPrompt ? changedPrompt(reference, all, list) : referenceInterventions(reference, all, list),
        );
      }
    });

    it('positions after the prompt that an entry names are changed when they are generated', async () => {
      const rows = [{ start: PROMPT + 1, end: PROMPT + 3 }];
      const list: Intervention[] = [
        { what: 'scale', where: { layer: 0 }, parameters: { factor: -1 }, rows },
        { what: 'window', where: { layer: 1, head: 0 }, parameters: { window: 2 }, rows },
      ];
      await check('named rows', list, (all) => referenceInterventions(reference, all, list));
    });

    it('several, of the prompt and of every step, equal a forward over all tokens with the same edits', async () => {
      const where = { layer: 1 };
      const prompts = [Array.from(ids.subarray(3, PROMPT))];
      const list: Intervention[] = [
        { what: 'scale', where: { layer: 0, head: 1 }, parameters: { factor: -1 } },
        { what: 'residual', where: { layer: 0 }, parameters: { dimension: 3 } },
        { what: 'mean', where: { layer: 0, head: 0 } },
        { what: 'freeze', where: { ...where, head: 0 } },
        { what: 'drop-keys', where, keys: [{ start: 1, end: 3 }] },
        {
          what: 'patch',
          where: { ...where, head: 1 },
          parameters: { what: 'pattern', align: 'end' },
          source: { prompts },
        },
        { what: 'temperature', where: { ...where, head: 1 }, parameters: { temperature: 0.5 } },
        { what: 'calibrate', where: { ...where, head: 2 }, keys: [{ start: 4, end: 5 }] },
        { what: 'zero-values', where: { ...where, head: 2 }, keys: [{ start: 6, end: 8 }] },
        { what: 'sigmoid', where: { ...where, head: 3 } },
      ];
      const edit = await generationEdits(context, list, ids.length, JOB);
      const decoder = createDecoder(model, { edit, gain: () => null, masks: () => null, capacity: ids.length });
      await decoder.append(ids.subarray(0, PROMPT), JOB);
      for (let n = PROMPT + 1; n <= ids.length; n++) {
        const logits = await decoder.append(ids.subarray(n - 1, n), JOB);
        const full = await runForward(model, { ids: ids.slice(0, n), edit }, JOB);
        const error = maxAbsError(logits, await logitRows(model, full, n - 1, n));
        table.add('several', 'steps', error, LIMIT);
        expect(error).toBeLessThan(LIMIT);
      }
    });
  },
);
