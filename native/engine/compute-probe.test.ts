import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CancelledError } from '../../shared/base/app-error.ts';
import type { CallContext } from '../../shared/contract/handlers.ts';
import type { Progress } from '../../shared/contract/methods.ts';
import { parseParams } from '../../shared/contract/parse-params.ts';
import type { ProbeResult } from '../../shared/model/probe.ts';
import type { Engine } from '../public/engine.ts';
import { writeTinyModel } from '../testing/tiny-model.ts';
import { createEngine } from './create-engine.ts';

const resources = `${import.meta.dirname}/../../resources`;
const quiet: CallContext = { signal: new AbortController().signal, progress: () => undefined };
const HEADS = 8;
let root: string;
let engine: Engine;

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'headscope-probes-'));
  await writeTinyModel(root, { family: 'llama', layers: 2, heads: 4, kvHeads: 2, context: 64, seed: 4 });
});
afterAll(() => rm(root, { recursive: true }));

beforeEach(async () => {
  engine = createEngine({ shippedModel: root, tasks: path.join(resources, 'tasks'), addon: '', threads: 1 });
  await engine.handlers['model.open']({ path: root }, quiet);
  return () => engine.dispose();
});

const probe = (request: object, context = quiet): Promise<ProbeResult> =>
  engine.handlers['probe.run'](parseParams('probe.run', request), context);

const valuesOf = ({ scores }: ProbeResult, id: string) => scores.find(({ info }) => info.id === id)!.values!;

/** Cancels when the prompt with that number has begun. */
async function cancelledAt(request: object, prompt: number): Promise<Progress[]> {
  const controller = new AbortController();
  const seen: Progress[] = [];
  const progress = (each: Progress) => {
    seen.push(each);
    if (each.phase.startsWith(`Prompt ${prompt} `)) controller.abort();
  };
  await expect(probe(request, { signal: controller.signal, progress })).rejects.toThrow(CancelledError);
  return seen;
}

describe('probe.run', () => {
  it('is the mean over prompts of what a run of each says, with its spread', async () => {
    const items = [
      { prompt: [1, 5, 9, 13, 17, 21, 25] },
      { prompt: [1, 7, 7, 8, 30, 2, 4, 11, 60] },
      { prompt: [3, 9, 27, 20, 60, 58, 52, 34] },
    ];
    const result = await probe({ task: 'file', items, scores: ['entropy', 'sink'] });
    expect(result).toMatchObject({ probe: 'file', prompts: 3, retrieval: null });
    const single: Float64Array[] = [];
    for (const { prompt } of items) {
      const ids = Int32Array.from(prompt);
      const { runId } = await engine.handlers['run.start'](
        { prompt: { kind: 'ids', ids }, interventions: [], cut: false },
        quiet,
      );
      const { scores } = await engine.handlers['run.scores']({ runId }, quiet);
      single.push(scores.find(({ info }) => info.id === 'entropy')!.values!);
    }
    const { spread } = result.scores.find(({ info }) => info.id === 'entropy')!;
    for (let head = 0; head < HEADS; head++) {
      const own = single.map((values) => values[head]!);
      const mean = (own[0]! + own[1]! + own[2]!) / 3;
      expect(valuesOf(result, 'entropy')[head]).toBeCloseTo(mean, 10);
      const deviation = Math.sqrt(own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 2);
      expect(spread!.deviation[head]).toBeCloseTo(deviation, 10);
      expect(spread!.low[head]).toBeGreaterThanOrEqual(Math.min(...own));
      expect(spread!.high[head]).toBeLessThanOrEqual(Math.max(...own));
    }
  });

  it('goes on where it was cancelled, and comes to the same numbers', async () => {
    const request = { task: 'random', parameters: { length: 20 }, samples: 6, seed: 3, scores: ['entropy'] };
    await cancelledAt(request, 4);
    const seen: Progress[] = [];
    const resumed = await probe(request, { ...quiet, progress: (each) => void seen.push(each) });
    expect(seen[0]!.phase).toBe('Prompt 4 of 6');
    expect(seen.at(-1)!.done).toBe(120);
    // A fresh engine that was not interrupted.
    await engine.handlers['model.open']({ path: root }, quiet);
    const whole = await probe(request);
    expect(resumed.scores).toEqual(whole.scores);
    expect(resumed.probeId).not.toBe(whole.probeId);
  });

  it('gives the same answer at once when it is asked again, and another for another request', async () => {
    const request = { task: 'random', parameters: { length: 20 }, samples: 2, scores: ['entropy'] };
    const first = await probe(request);
    const again: Progress[] = [];
    expect(await probe(request, { ...quiet, progress: (each) => void again.push(each) })).toBe(first);
    expect(again).toEqual([]);
    expect(valuesOf(await probe({ ...request, seed: 1 }), 'entropy')).not.toEqual(valuesOf(first, 'entropy'));
    const zeroed = { what: 'zero', where: { layer: 0, head: 1 } };
    const changed = await probe({ ...request, interventions: [zeroed] });
    expect(valuesOf(changed, 'entropy').subarray(0, 4)).toEqual(valuesOf(first, 'entropy').subarray(0, 4));
    expect(valuesOf(changed, 'entropy')).not.toEqual(valuesOf(first, 'entropy'));
  });

  it('says the BOS policy that it used', async () => {
    const request = { task: 'random', parameters: { length: 20 }, samples: 1, scores: ['entropy'] };
    expect((await probe(request)).parameters).toEqual({ length: 20, bos: 0 });
  });

  it('scores repeats by what needs repeats, and explains what needs something else', async () => {
    const repeat = await probe({ task: 'repeat', samples: 2, scores: ['induction', 'retrieval'] });
    expect(valuesOf(repeat, 'induction')).toHaveLength(HEADS);
    expect(repeat.scores.at(-1)).toMatchObject({ values: null, info: { id: 'retrieval' } });
    const random = await probe({ task: 'random', parameters: { length: 30 }, samples: 2, scores: ['induction'] });
    expect(random.scores[0]!.values).toBeNull();
    expect(random.scores[0]!.notApplicable).toMatch(/^Needs a prompt that is one sequence twice/);
  });

  it('finds what heads copy of needles in the user’s prompts', async () => {
    const prompt = [1, 5, 9, 13, 17, 21, 25, 29];
    const items = [{ prompt, answer: [13, 17] }, { prompt }];
    const { scores, retrieval } = await probe({ task: 'file', items, scores: ['retrieval'] });
    // A random model answers wrong, so the answer is fed in.
    expect(scores[0]!.info.badge).toBe('teacher-forced');
    expect(scores[0]!.spread!.prompts).toBe(1);
    expect(retrieval!.kept).toBe(1);
    expect(retrieval!.raster.tokens).toBe(2);
    expect(retrieval!.raster.hits).toHaveLength(2 * HEADS);
  });

  it('takes scores that cost a forward a head where they are named, and then only', async () => {
    const prompt = [1, 5, 9, 13, 17, 21, 25, 29, 33, 37];
    const request = { task: 'file', items: [{ prompt }], scores: ['influence', 'entropy'] };
    const named = await probe(request);
    const ids = Int32Array.from(prompt);
    const { runId } = await engine.handlers['run.start'](
      { prompt: { kind: 'ids', ids }, interventions: [], cut: false },
      quiet,
    );
    const { scores } = await engine.handlers['run.scores']({ runId, scores: ['influence'] }, quiet);
    expect(valuesOf(named, 'influence')).toEqual(scores[0]!.values);
    const unnamed = await probe({ task: 'file', items: [{ prompt }] });
    expect(unnamed.scores.map(({ info }) => info.id)).toContain('entropy');
    expect(unnamed.scores.some(({ info }) => info.cost === 'forwards')).toBe(false);
  });

  it('goes on with the head of a prompt at which it was cancelled', async () => {
    const items = [{ prompt: [1, 5, 9, 13, 17, 21, 25, 29, 33, 37] }];
    const request = { task: 'file', items, scores: ['influence'] };
    const told = async (given: object) => {
      const seen: number[] = [];
      const result = await probe(given, { ...quiet, progress: ({ done }) => void seen.push(done) });
      return { seen, values: valuesOf(result, 'influence') };
    };
    const whole = await told(request);
    await engine.handlers['model.open']({ path: root }, quiet);
    const controller = new AbortController();
    const progress = ({ done, total }: Progress) => {
      if (done > 0.8 * total) controller.abort();
    };
    await expect(probe(request, { signal: controller.signal, progress })).rejects.toThrow(CancelledError);
    const resumed = await told(request);
    expect(resumed.values).toEqual(whole.values);
    expect(resumed.seen.length).toBeLessThan(0.7 * whole.seen.length);
  });

  it('takes parameters of scores', async () => {
    const request = { task: 'random', parameters: { length: 30 }, samples: 2, scores: ['laziness'] };
    const narrow = await probe({ ...request, scoreParameters: { laziness: { sink: 0, recent: 2 } } });
    const wide = await probe({ ...request, scoreParameters: { laziness: { sink: 0, recent: 12 } } });
    expect(narrow.scores[0]!.parameters).toEqual({ sink: 0, recent: 2 });
    expect(valuesOf(narrow, 'laziness')[0]).toBeLessThan(valuesOf(wide, 'laziness')[0]!);
    await expect(probe({ ...request, scoreParameters: { nope: { recent: 2 } } })).rejects.toThrow('no score “nope”');
  });

  it('takes the retrieval score under a streaming mask, and no other', async () => {
    const items = [{ prompt: [1, 5, 9, 13, 17, 21, 25, 29], answer: [13, 17] }];
    const streaming = { sink: 1, window: 2, full: [] };
    const { scores, retrieval } = await probe({ task: 'file', items, streaming });
    expect(scores.map(({ info }) => info.id)).toEqual(['retrieval']);
    // The needle lies outside what any head sees.
    expect([...retrieval!.raster.hits].every((share) => share === 0)).toBe(true);
    await expect(probe({ task: 'file', items, streaming, scores: ['sink'] })).rejects.toThrow('Only the retrieval');
  });

  it('explains scores of questions where there are none', async () => {
    const { scores } = await probe({ task: 'random', samples: 1, scores: ['choice-qk'] });
    expect(scores[0]).toMatchObject({ values: null, notApplicable: 'Needs questions with choices.' });
  });

  it('refuses what it cannot do', async () => {
    const codeOf = (request: object) => expect(probe(request)).rejects;
    await codeOf({ task: 'nope' }).toThrow('There is no probe set “nope”.');
    await codeOf({ task: 'random', scores: ['nope'] }).toThrow('There is no score “nope”.');
    await codeOf({ task: 'file' }).toThrow('The file holds no prompts.');
    const items = [{ prompt: [1, 5] }];
    for (const axis of [{ lengths: [8] }, { depths: [0.5] }]) {
      await codeOf({ task: 'file', items, ...axis }).toThrow('The probe set file has no lengths or depths');
    }
    await codeOf({ task: 'prose' }).toThrow('The probe set prose cannot be given to this model.');
    await codeOf({ task: 'random', lengths: [65] }).toMatchObject({ code: 'prompt-too-long' });
    await codeOf({ task: 'random', depths: [0.5] }).toThrow('The probe set random has no depth.');
    await codeOf({ task: 'random', scoreParameters: { retrieval: { nope: 1 } } }).toThrow(/no parameter “nope”/);
    await codeOf({ task: 'random', parameters: { length: 3 } }).toThrow('length 3 cannot be used.');
  });
});

describe('probe.best', () => {
  it('has the prompts on which a head is highest', async () => {
    const items = [7, 9, 11, 13].map((step) => ({
      prompt: Array.from({ length: 12 }, (_, i) => (i * step + step) % 61),
    }));
    const { probeId, scores } = await probe({ task: 'file', items, scores: ['entropy'] });
    const of = (count: number) =>
      engine.handlers['probe.best']({ probeId, score: 'entropy', layer: 1, head: 2, count }, quiet);
    const { prompts } = await of(4);
    const values = prompts.map(({ value }) => value);
    expect(values).toEqual([...values].sort((a, b) => b - a));
    expect(values.reduce((a, b) => a + b) / 4).toBeCloseTo(scores[0]!.values![6]!, 10);
    for (const { index, ids, preview } of prompts) {
      expect([...ids]).toEqual(items[index]!.prompt);
      expect(preview).toBe(items[index]!.prompt.join(' '));
    }
    expect((await of(2)).prompts).toEqual(prompts.slice(0, 2));
  });

  it('refuses a run that is gone, and scores and heads that it does not have', async () => {
    const { probeId } = await probe({ task: 'random', samples: 1, scores: ['entropy'] });
    const best = (more: object) =>
      engine.handlers['probe.best']({ probeId, score: 'entropy', layer: 0, head: 0, count: 1, ...more }, quiet);
    await expect(best({ probeId: 'gone' })).rejects.toMatchObject({ code: 'unknown-run' });
    await expect(best({ score: 'sink' })).rejects.toThrow('The probe run has no score “sink” of L0H0.');
    await expect(best({ head: 4 })).rejects.toMatchObject({ code: 'bad-request' });
    await engine.handlers['model.open']({ path: root }, quiet);
    await expect(best({})).rejects.toMatchObject({ code: 'unknown-run' });
  });
});

describe('probe.list', () => {
  it('says what the open model cannot be given, and why', async () => {
    const { probes } = await engine.handlers['probe.list']({}, quiet);
    const reasons = new Map(probes.map(({ id, unavailable }) => [id, unavailable]));
    expect(reasons.get('random')).toBeNull();
    expect(reasons.get('prose')).toMatch(/^The model is open in id mode/);
  });
});
