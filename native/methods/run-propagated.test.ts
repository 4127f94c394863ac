/** What a forward under a method is said to do, against the definitions in float64. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { groupOf } from '../../shared/model/head-id.ts';
import type { Capture } from '../capture/capture.ts';
import { runForward } from '../forward/forward.ts';
import { openReference, type ReferenceModel, type ReferenceRun } from '../testing/reference-forward.ts';
import { createRng, randomIds } from '../testing/rng.ts';
import { writeTinyModel } from '../testing/tiny-model.ts';
import { findMethod, methods } from './index.ts';
import type { LayerReads } from './key-counts.ts';
import { runMethod, type RowsRead } from './run-method.ts';
import { runPropagated, type PropagatedMethod, type PropagatedRequest } from './run-propagated.ts';
import { openParts, type OpenedParts } from './testing/open-parts.ts';

const TOKENS = 60;
const PROMPT = 40;
const ANSWER = 52;
const job = { signal: new AbortController().signal, progress: () => undefined };
const mean = (values: readonly number[]): number => values.reduce((sum, each) => sum + each, 0) / values.length;

let folder: string;
let parts: OpenedParts;
let reference: ReferenceModel;
let ids: Int32Array;
let capture: Capture;
let dense: ReferenceRun;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'headscope-propagated-'));
  await writeTinyModel(folder, { family: 'qwen3', layers: 3, kvHeads: 2, seed: 31 });
  parts = await openParts(folder);
  reference = await openReference(folder);
  ids = randomIds(createRng(9), TOKENS, parts.architecture.vocabSize);
  capture = await runForward(parts, { ids }, job);
  dense = await reference(ids);
});
afterAll(async () => {
  await parts.dispose();
  await rm(folder, { recursive: true });
});

async function run(
  method: string,
  more: Partial<Omit<PropagatedRequest, 'method'>> = {},
): Promise<{ readonly told: readonly PropagatedMethod[]; readonly reads: readonly LayerReads[][] }> {
  const request = {
    method: findMethod(method),
    ...{ parameters: {}, budgets: [{ keys: 8 }], promptLength: PROMPT, answerStart: ANSWER },
    ...more,
  };
  const reads: LayerReads[][] = request.budgets.map(() => []);
  const onRows = ({ budget, reads: own }: RowsRead): void => void reads[budget]!.push(own);
  const told = await runPropagated({ ...parts, capture }, request, job, { onRows });
  return { told, reads };
}

const logProbabilities = (run: ReferenceRun, row: number): number[] => {
  const logits = [...run.logits.subarray(row * run.vocab, (row + 1) * run.vocab)];
  const top = Math.max(...logits);
  const sum = logits.reduce((total, each) => total + Math.exp(each - top), 0);
  return logits.map((each) => each - top - Math.log(sum));
};
const argmax = (values: readonly number[]): number => values.indexOf(Math.max(...values));

/** The forward in which every head sees what the method read, and its measures. */
async function exactly(reads: readonly LayerReads[], firstRow: number, end: number) {
  const visible = (layer: number, head: number, query: number, key: number): boolean =>
    query < firstRow || query >= end || reads[layer]![head]![query - firstRow]!.includes(key);
  const own = await reference(ids, { visible });
  const recall: number[] = [];
  const error: number[] = [];
  const { heads, kvHeads, headDim } = own;
  for (const [layer, { q, k, z }] of own.layers.entries()) {
    for (let head = 0; head < heads; head++) {
      for (let query = firstRow; query < end; query++) {
        const scores = Array.from({ length: query + 1 }, (_, key) => {
          let dot = 0;
          for (let d = 0; d < headDim; d++) {
            const at = (key * kvHeads + groupOf(head, heads, kvHeads)) * headDim + d;
            dot += q[(query * heads + head) * headDim + d]! * k[at]!;
          }
          return Math.exp(dot / Math.sqrt(headDim));
        });
        const all = scores.reduce((sum, each) => sum + each, 0);
        const kept = reads[layer]![head]![query - firstRow]!;
        recall.push(kept.reduce((sum, key) => sum + scores[key]!, 0) / all);
        const at = (query * heads + head) * headDim;
        const [a, b] = [z, dense.layers[layer]!.z].map((rows) => [...rows.subarray(at, at + headDim)]);
        error.push(Math.hypot(...a!.map((value, d) => value - b![d]!)) / Math.hypot(...b!));
      }
    }
  }
  return { own, recall: mean(recall), error: mean(error) };
}

describe('a method through all layers', () => {
  it.each(['sink-window', 'snapkv', 'h2o', 'quest', 'topk'])('%s: measures what the definitions say', async (id) => {
    const { told, reads } = await run(id);
    const [{ result, chosen, chosenDense }] = told as [PropagatedMethod];
    const { own, recall, error } = await exactly(reads[0]!, PROMPT, TOKENS);
    expect(result).toMatchObject({
      fidelity: 'F2',
      badge: id === 'topk' ? 'oracle' : 'propagated',
      answerStart: ANSWER,
    });
    expect(result.recall).toBeCloseTo(recall, 4);
    expect(result.lostMass).toBeCloseTo(1 - recall, 4);
    expect(result.outputError).toBeCloseTo(error, 4);
    expect(result.oracle.gap).toBeGreaterThan(-1e-6);

    const rows = Array.from({ length: TOKENS - PROMPT }, (_, row) => {
      const [p, q] = [logProbabilities(dense, PROMPT + row), logProbabilities(own, PROMPT + row)];
      const kl = p.reduce((sum, each, token) => sum + Math.exp(each) * (each - q[token]!), 0);
      return { kl, changed: argmax(p) === argmax(q) ? 0 : 1 };
    });
    const { prediction } = result;
    expect([...prediction!.klByQuery]).toEqual(rows.map(({ kl }) => expect.closeTo(kl, 4) as number));
    expect(prediction!.kl).toBeCloseTo(mean(rows.map(({ kl }) => kl)), 4);
    expect(prediction!.kl).toBeGreaterThan(1e-3);
    expect(prediction!.topChanged).toBe(mean(rows.map(({ changed }) => changed)));
    for (const [of, nll, choices] of [
      [own, prediction!.nllByToken, chosen],
      [dense, prediction!.nllByTokenDense, chosenDense],
    ] as const) {
      const expected = Array.from({ length: TOKENS - ANSWER }, (_, at) => logProbabilities(of, ANSWER + at - 1));
      expect([...nll]).toEqual(expected.map((row, at) => expect.closeTo(-row[ids[ANSWER + at]!]!, 4) as number));
      expect([...choices]).toEqual(expected.map(argmax));
    }
    expect(prediction!.nllAnswer).toBeCloseTo(mean([...prediction!.nllByToken]), 12);
    expect(prediction!.nllAnswerDense).toBeCloseTo(mean([...prediction!.nllByTokenDense]), 12);
    expect(Object.keys(result.notGiven).sort()).toEqual(['accuracy', 'answer', 'drift']);
  });

  it('measures methods for the rows of the prompt on these, and what they do to the rows after', async () => {
    const parameters = { block: 4, share: 0.2 };
    const { told, reads } = await run('seer', { parameters, budgets: [null] });
    const { result } = told[0]!;
    const { own, recall, error } = await exactly(reads[0]!, 0, PROMPT);
    expect(result).toMatchObject({ phase: 'prefill', rows: PROMPT });
    expect(result.recall).toBeCloseTo(recall, 4);
    expect(result.outputError).toBeCloseTo(error, 4);
    const [p, q] = [logProbabilities(dense, TOKENS - 1), logProbabilities(own, TOKENS - 1)];
    const kl = p.reduce((sum, each, token) => sum + Math.exp(each) * (each - q[token]!), 0);
    expect(result.prediction!.klByQuery).toHaveLength(TOKENS - PROMPT);
    expect(result.prediction!.klByQuery.at(-1)).toBeCloseTo(kl, 4);
    const { told: all } = await run('seer', { parameters, budgets: [null], promptLength: TOKENS, answerStart: null });
    expect(all[0]!.result.prediction).toBeNull();
    expect(all[0]!.result.notGiven.kl).toContain('No query comes after the prompt');
  });

  it.each([
    ['vertical-slash', { columns: 4, diagonals: 5, 'first-columns': 1, 'first-diagonals': 2, probe: 8 }],
    ['flexprefill', { block: 4, least: 4, gamma: 0.5 }],
    ['seer', { block: 4, share: 0.2 }],
  ])('%s: tells the same to the bit in blocks of rows', async (id, parameters) => {
    const long = await runForward(parts, { ids: randomIds(createRng(10), 114, parts.architecture.vocabSize) }, job);
    const asked = { method: findMethod(id), parameters, budgets: [null], promptLength: 112, answerStart: null };
    const blocks: LayerReads[] = [];
    const onRows = ({ reads }: RowsRead): void => void blocks.push(reads);
    const whole = await runPropagated({ ...parts, capture: long }, asked, job);
    const parted = await runPropagated({ ...parts, capture: long, mostKeys: 1 }, asked, job, { onRows });
    const each = [48, 48, 16];
    expect(blocks.map(([rows]) => rows!.length)).toEqual([...each, ...each, ...each]);
    expect(parted).toEqual(whole);
    expect(whole[0]!.result.recall).toBeLessThan(0.99);
  });

  it('takes the first token of an answer that follows the prompt from the dense row', async () => {
    const { told } = await run('sink-window', { answerStart: PROMPT });
    const { nllByToken, nllByTokenDense } = told[0]!.result.prediction!;
    expect(nllByToken).toHaveLength(TOKENS - PROMPT);
    expect(nllByToken[0]).toBe(nllByTokenDense[0]);
    expect(nllByToken[0]).toBeCloseTo(-logProbabilities(dense, PROMPT - 1)[ids[PROMPT]!]!, 4);
    expect(nllByToken[1]).not.toBe(nllByTokenDense[1]);
    expect(told[0]!.result.notes.join(' ')).not.toContain('says nothing of the method');
    const short = await run('sink-window', { promptLength: TOKENS - 1, answerStart: TOKENS - 1 });
    expect(short.told[0]!.result.notes.join(' ')).toContain('says nothing of the method');
  });

  it('says that there is no answer', async () => {
    const { told } = await run('sink-window', { answerStart: null });
    expect(told[0]!.result.prediction).toMatchObject({ nllAnswer: null, nllByToken: new Float64Array(0) });
    expect(told[0]!.result.notGiven.nllAnswer).toBe('No answer was given.');
    expect(told[0]!.chosen).toHaveLength(0);
  });

  it('changes nothing with a budget of everything, and is no other than layer-local in the first layer', async () => {
    const { told } = await run('snapkv', { budgets: [{ keys: TOKENS }, { keys: 8 }] });
    const [whole, small] = told.map(({ result }) => result);
    expect(whole!.prediction!.kl).toBeLessThan(1e-6);
    expect(whole!.prediction!.topChanged).toBe(0);
    expect(whole!.outputErrorWO).toBeLessThan(1e-4);
    const request = { method: findMethod('snapkv'), parameters: {}, budgets: [{ keys: 8 }], promptLength: PROMPT };
    const [local] = await runMethod({ ...parts, capture }, request, job);
    const { heads } = parts.architecture;
    const first = (values: Float64Array) => [...values.subarray(0, heads)];
    expect(first(small!.heads.recall)).toEqual(
      first(local!.heads.recall).map((value) => expect.closeTo(value, 5) as number),
    );
    expect(small!.outputError).toBeGreaterThan(local!.outputError);
  });

  it.each(methods.map(({ info }) => info.id))('%s: says what it measures, and tells the same twice', async (id) => {
    const parameters = { kivi: { group: 4, residual: 4 } }[id] ?? {};
    const { told } = await run(id, { parameters });
    const again = await run(id, { parameters });
    expect(again.told).toEqual(told);
    const { result } = told[0]!;
    for (const value of [result.recall, result.outputError, result.prediction!.kl, result.read, result.resident]) {
      expect(Number.isFinite(value)).toBe(true);
    }
  });

  it('tells how far it is, and stops when it is cancelled', async () => {
    const shares: number[] = [];
    const request = { method: findMethod('h2o'), parameters: {}, budgets: [null, { keys: 5 }], promptLength: PROMPT };
    const asked = { ...request, answerStart: null };
    await runPropagated({ ...parts, capture }, asked, {
      ...job,
      progress: ({ done, total }) => void shares.push(done / total),
    });
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    const controller = new AbortController();
    const cancelled = runPropagated({ ...parts, capture }, asked, {
      signal: controller.signal,
      progress: ({ done }) => done > 1.2 && controller.abort(),
    });
    await expect(cancelled).rejects.toMatchObject({ name: 'CancelledError' });
  });
});
