import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Progress } from '../../shared/contract/methods.ts';
import { formatHead } from '../../shared/model/head-id.ts';
import type { Capture } from '../capture/capture.ts';
import type { Intervention } from '../../shared/model/intervention.ts';
import type { ScoreParameters } from '../../shared/model/score.ts';
import type { Job } from '../forward/checkpoint.ts';
import { runForward } from '../forward/forward.ts';
import { tokenKl, tokenNll } from '../forward/likelihoods.ts';
import { ADDON, openForward, type OpenedForward } from '../testing/open-forward.ts';
import { referenceForward, type ReferenceOptions } from '../testing/reference-forward.ts';
import { createRng, randomIds } from '../testing/rng.ts';
import { writeTinyModel } from '../testing/tiny-model.ts';
import type { ForwardScore } from './forward-score.ts';
import { influence } from './influence.ts';
import { influenceOfHeads } from './influence-of-heads.ts';
import { meanNll } from './mean-nll.ts';
import { michel } from './michel.ts';
import { streamingKl } from './streaming-kl.ts';
import type { SweepContext } from './sweep-context.ts';
import { sweepHeads } from './sweep-heads.ts';
import { startSweep } from './sweep-places.ts';
import { contextOf } from './testing/context.ts';

const LAYERS = 3;
const HEADS = 4;
const COUNT = LAYERS * HEADS;
const TOKENS = 40;
const STREAMING = { sink: 2, window: 5 };
const ids = randomIds(createRng(8), TOKENS, 61);
const ABLATED: readonly Intervention[] = [
  { what: 'zero', where: { layer: 1, head: 1 } },
  { what: 'scale', where: { layer: 1, head: 2 } },
];
const quiet: Job = { signal: new AbortController().signal, progress: () => undefined };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'headscope-sweeps-'));
  await writeTinyModel(folder, { family: 'qwen2', layers: LAYERS, heads: HEADS, kvHeads: 2, seed: 31 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each([
  { kernel: 'addon', addon: ADDON },
  { kernel: 'ONNX', addon: '' },
])('sweepHeads, $kernel', ({ addon }) => {
  let model: OpenedForward;
  let clean: SweepContext;
  let ablated: SweepContext;
  beforeAll(async () => {
    model = await openForward(folder, { addon });
    clean = await contextOf(model, ids, [], quiet);
    ablated = await contextOf(model, ids, ABLATED, quiet);
  });
  afterAll(() => model.dispose());

  /** A full forward with one head changed on top of others. */
  const inFull = async (on: readonly Intervention[], at: number, score: ForwardScore, parameters: ScoreParameters) => {
    const where = { layer: Math.floor(at / HEADS), head: at % HEADS };
    const { layer: edit } = await clean.plan([...on, { ...score.change(parameters), where }], quiet);
    return runForward(model, { ids, edit }, quiet);
  };
  const sweep = (score: ForwardScore, context: SweepContext, parameters: ScoreParameters, job = quiet) =>
    sweepHeads(score, context, parameters, startSweep<number>(COUNT), job);

  it('gives the bits of one full forward a head, whatever the run’s own interventions', async () => {
    for (const [context, on] of [
      [clean, []],
      [ablated, ABLATED],
    ] as const) {
      const kl = await sweep(streamingKl, context, STREAMING);
      const ratio = await sweep(influence, context, {});
      const slope = await sweep(michel, context, { epsilon: 0.05, sign: 1 });
      expect(await sweep(michel, context, { epsilon: 0.05, sign: 0 })).toEqual(slope.map(Math.abs));
      const base = meanNll(context.nll);
      for (let at = 0; at < COUNT; at++) {
        const streamed = await inFull(on, at, streamingKl, STREAMING);
        expect(kl[at]).toBe(meanFrom(await tokenKl(model, context.capture, streamed, quiet), 7));
        const loss = meanNll(await tokenNll(model, await inFull(on, at, influence, {}), quiet));
        expect(ratio[at]).toBe((loss - base) / base);
        const weaker = await inFull(on, at, michel, { epsilon: 0.05 });
        expect(slope[at]).toBe((meanNll(await tokenNll(model, weaker, quiet)) - base) / 0.05);
      }
      // The head that the run has ablated has nothing to lose.
      if (context === ablated) expect([kl[5], ratio[5], slope[5]]).toEqual([0, 0, 0]);
      expect(kl.filter((value) => value > 1e-6)).toHaveLength(context === ablated ? COUNT - 1 : COUNT);
      expect(slope.some((value) => value < 0)).toBe(true);
    }
  });

  it('agrees with the float64 reference', async () => {
    const kl = await sweep(streamingKl, clean, STREAMING);
    const ratio = await sweep(influence, clean, {});
    const base = await logProbabilities({});
    for (let at = 0; at < COUNT; at++) {
      const isHead = (layer: number, head: number) => layer * HEADS + head === at;
      const streamed = await logProbabilities({
        visible: (layer, head, query, key) =>
          !isHead(layer, head) || key < STREAMING.sink || query - key < STREAMING.window,
      });
      const rows = base.map((row, i) => row.reduce((sum, p, id) => sum + Math.exp(p) * (p - streamed[i]![id]!), 0));
      expect(Math.abs(kl[at]! - meanFrom(rows, 7))).toBeLessThan(1e-5);
      const [before, after] = [lossOf(base), lossOf(await logProbabilities({ uniform: isHead }))];
      expect(Math.abs(ratio[at]! - (after - before) / before)).toBeLessThan(1e-5);
    }
  });

  it('goes on where it was cancelled, and tells where it is', async () => {
    const whole = await sweep(streamingKl, clean, STREAMING);
    const state = startSweep<number>(COUNT);
    const controller = new AbortController();
    const seen: Progress[] = [];
    const job: Job = {
      signal: controller.signal,
      progress: (progress) => {
        seen.push(progress);
        if (progress.phase === 'Head L1H1, 6 of 12') controller.abort();
      },
    };
    await expect(sweepHeads(streamingKl, clean, STREAMING, state, job)).rejects.toThrow('Cancelled');
    // The one before may have been under way too, and either may be done first.
    const left = [...state.results.keys()].filter((at) => state.results[at] === undefined);
    expect(left.length).toBeGreaterThanOrEqual(COUNT - 5);
    expect(left.length).toBeLessThanOrEqual(COUNT - 4);
    expect(seen.at(-1)).toMatchObject({ total: COUNT });
    expect(seen.every((each, at) => at === 0 || each.done >= seen[at - 1]!.done - 1e-9)).toBe(true);
    // Parts of heads are told too.
    expect(seen.some((each) => each.done > 0 && each.done < 1)).toBe(true);

    const later = new Set<string>();
    const onwards = await sweepHeads(streamingKl, clean, STREAMING, state, {
      ...quiet,
      progress: ({ phase }) => later.add(phase),
    });
    expect(onwards).toEqual(whole);
    expect([...later]).toEqual(
      left.map((at) => {
        const name = formatHead({ layer: Math.floor(at / HEADS), head: at % HEADS });
        return `Head ${name}, ${at + 1} of ${COUNT}`;
      }),
    );
  });

  it('leaves the run as it was', async () => {
    const bytes = ({ layers, resid }: Capture) => Buffer.concat([...resid, ...layers.map(({ z }) => z)].map(bytesOf));
    const before = bytes(clean.capture);
    await sweep(influence, clean, {});
    expect(bytes(clean.capture).equals(before)).toBe(true);
  });

  it('takes a set of heads at once, in one layer or in several', async () => {
    const ratio = await sweep(influence, clean, {});
    for (let at = 0; at < COUNT; at++) {
      const place = { layer: Math.floor(at / HEADS), head: at % HEADS };
      const one = await influenceOfHeads(clean, [place, place], quiet);
      expect(one.ratio).toBe(ratio[at]);
      expect(one.nllDelta[0]).toBeNaN();
      const mean = one.nllDelta.subarray(1).reduce((sum, value) => sum + value, 0) / (TOKENS - 1);
      expect(mean).toBeCloseTo(one.changed - one.base, 5);
    }
    const places = [
      { layer: 2, head: 0 },
      { layer: 0, head: 3 },
      { layer: 2, head: 2 },
    ];
    const set = await influenceOfHeads(clean, places, quiet);
    const isIn = (layer: number, head: number) => places.some((place) => place.layer === layer && place.head === head);
    expect(Math.abs(set.changed - lossOf(await logProbabilities({ uniform: isIn })))).toBeLessThan(1e-5);
  });

  it('refuses the loss of a single token', async () => {
    const capture = await runForward(model, { ids: ids.slice(0, 1) }, quiet);
    const context = { ...clean, capture, nll: Float32Array.of(NaN) };
    await expect(influenceOfHeads(context, [{ layer: 0, head: 0 }], quiet)).rejects.toThrow('no loss');
    for (const score of [influence, michel]) expect(score.notApplicable(context, {})).toBe('Needs at least 2 tokens.');
    expect(streamingKl.notApplicable(context, STREAMING)).toContain('at least 8 tokens');
    expect(streamingKl.notApplicable(clean, STREAMING)).toBeNull();
  });

  /** [tokens][vocab], float64. */
  async function logProbabilities(options: ReferenceOptions): Promise<number[][]> {
    const { logits, vocab } = await referenceForward(folder, ids, options);
    return Array.from({ length: TOKENS }, (_, row) => {
      const own = [...logits.subarray(row * vocab, (row + 1) * vocab)];
      const top = Math.max(...own);
      const lse = top + Math.log(own.reduce((sum, value) => sum + Math.exp(value - top), 0));
      return own.map((value) => value - lse);
    });
  }
});

function meanFrom(values: ArrayLike<number>, from: number): number {
  const rows = Array.from(values).slice(from);
  return rows.reduce((sum, value) => sum + value, 0) / rows.length;
}

/** Mean negative log-likelihood of the tokens, from log-probabilities of the rows that predict them. */
function lossOf(rows: readonly (readonly number[])[]): number {
  return -rows.slice(0, -1).reduce((sum, row, at) => sum + row[ids[at + 1]!]!, 0) / (TOKENS - 1);
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
