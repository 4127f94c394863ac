/** Arrays of deleted runs serve later ones: whatever overlaps, no answer may hold a number of another run. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createPrng } from '../../shared/base/prng.ts';
import type { CallContext } from '../../shared/contract/handlers.ts';
import { zeroHead, type Intervention } from '../../shared/model/intervention.ts';
import { loadAddon } from '../attention/load-addon.ts';
import { ArrayStore } from '../capture/array-store.ts';
import type { Engine } from '../public/engine.ts';
import { ADDON } from '../testing/open-forward.ts';
import { writeTinyModel } from '../testing/tiny-model.ts';
import { createEngine } from './create-engine.ts';

const kernels = loadAddon(ADDON).addon === null ? [''] : ['', ADDON];
const quiet: CallContext = { signal: new AbortController().signal, progress: () => undefined };
const STEPS = 150;

/** Lengths that share their arrays' sizes, and one that does not; clean, and changed at the first and at the last layer. */
const RUNS = [70, 71, 72, 120].flatMap((length, seed) =>
  [[], [zeroHead({ layer: 0, head: 1 })], [zeroHead({ layer: 2, head: 3 })]].map((interventions: Intervention[]) => ({
    ids: Int32Array.from({ length }, (_, i) => (i * (13 + seed) + seed) % 61),
    interventions,
  })),
);
type Prompt = (typeof RUNS)[number];

/** Everything that reads arrays which a run gives back. */
const READINGS: readonly ((engine: Engine, runId: string, context: CallContext) => Promise<unknown>)[] = [
  ({ handlers }, runId, context) => handlers['run.token']({ runId, layer: 1, head: 2, index: 60 }, context),
  ({ handlers }, runId, context) => handlers['run.cell']({ runId, layer: 2, head: 0, query: 65, key: 9 }, context),
  ({ handlers }, runId, context) => handlers['run.head']({ runId, layer: 0, head: 3 }, context),
  ({ handlers }, runId, context) => {
    const region = { rowStart: 0, rowEnd: 70, keyStart: 0, keyEnd: 70 };
    return handlers['run.region']({ runId, layer: 2, head: 1, ...region }, context);
  },
  ({ handlers }, runId, context) => {
    const tile = { level: 0, tileRow: 0, tileColumn: 0, value: 'logit', reducer: 'max', skipKeys: 0 } as const;
    return handlers['run.tile']({ runId, layer: 1, head: 1, ...tile }, context);
  },
  async ({ handlers }, runId, context) => {
    const maps = [{ layer: 2, head: 2, value: 'probability', reducer: 'max' } as const];
    const choice = { heads: [], tokenRows: [], maps, differences: [], clean: null };
    return (await handlers['run.store']({ runId, ...choice }, context)).maps;
  },
  ({ handlers }, runId, context) => handlers['run.scores']({ runId, scores: ['entropy', 'streaming'] }, context),
  ({ handlers }, runId, context) => handlers['run.sinks']({ runId, threshold: 0.3 }, context),
  ({ handlers }, runId, context) => {
    return handlers['run.spans']({ runId, spans: [{ name: 'span', start: 4, end: 20 }] }, context);
  },
  ({ handlers }, runId, context) => handlers['run.descriptors']({ runId }, context),
];

function start({ handlers }: Engine, { ids, interventions }: Prompt) {
  return handlers['run.start']({ prompt: { kind: 'ids', ids }, interventions, cut: false }, quiet);
}

describe.each(kernels)('arrays of deleted runs, by the kernel at “%s”', (addon) => {
  let folder: string;
  let expected: { readonly nll: Float32Array; readonly answers: readonly unknown[] }[];

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'headscope-recycled-'));
    await writeTinyModel(folder, { family: 'llama', layers: 3, heads: 4, kvHeads: 2, context: 128, seed: 2 });
    // Of an engine that deletes nothing.
    const engine = await open();
    expected = [];
    for (const prompt of RUNS) {
      const { runId, nll } = await start(engine, prompt);
      const answers: unknown[] = [];
      for (const read of READINGS) answers.push(await read(engine, runId, quiet));
      expected.push({ nll, answers });
    }
    await engine.dispose();
  });
  afterAll(() => rm(folder, { recursive: true }));
  afterEach(() => {
    vi.restoreAllMocks();
  });

  async function open(): Promise<Engine> {
    const engine = createEngine({ shippedModel: folder, tasks: '', addon, threads: 2 });
    await engine.handlers['model.open']({ path: 'demo' }, quiet);
    return engine;
  }

  /** Fills what may be written to with NaN. Tells how many arrays were spoilt, and how many of them were lent again. */
  function poison() {
    const waiting = new Set<ArrayBufferLike>();
    const spoilt = new Set<ArrayBufferLike>();
    const counts = { spoilt: 0, lentAgain: 0 };
    const { giveBack, recycle, take } = Object.getOwnPropertyDescriptors(ArrayStore.prototype);
    vi.spyOn(ArrayStore.prototype, 'giveBack').mockImplementation(function (this: ArrayStore, buffers) {
      for (const buffer of buffers) waiting.add(buffer);
      giveBack.value!.call(this, buffers);
    });
    vi.spyOn(ArrayStore.prototype, 'recycle').mockImplementation(function (this: ArrayStore) {
      recycle.value!.call(this);
      for (const buffer of waiting) {
        new Float32Array(buffer).fill(NaN);
        spoilt.add(buffer);
        counts.spoilt += 1;
      }
      waiting.clear();
    });
    vi.spyOn(ArrayStore.prototype, 'take').mockImplementation(function (this: ArrayStore, length) {
      const array = take.value!.call(this, length);
      if (spoilt.delete(array.buffer)) counts.lentAgain += 1;
      return array;
    });
    return counts;
  }

  it.each([1, 2])('never show in an answer, in whatever order runs come and go (%i)', async (seed) => {
    const counts = poison();
    const engine = await open();
    const prng = createPrng(seed);
    const known: { readonly runId: string; readonly which: number }[] = [];
    const outcomes: Promise<'same' | 'cancelled' | 'unknown-run'>[] = [];
    let starting: Promise<void> = Promise.resolve();
    for (let step = 0; step < STEPS; step++) {
      const choice = prng.integer(10);
      if (choice < 2 || known.length === 0) {
        const which = prng.integer(RUNS.length);
        starting = start(engine, RUNS[which]!).then(({ runId, nll }) => {
          expect(nll).toEqual(expected[which]!.nll);
          known.push({ runId, which });
        });
        // Now and then the next requests come while it computes.
        if (prng.integer(2) === 0 || known.length === 0) await starting;
        outcomes.push(starting.then(() => 'same'));
      } else if (choice < 4) {
        const [{ runId }] = known.splice(prng.integer(known.length), 1) as [(typeof known)[number]];
        await engine.handlers['run.release']({ runId }, quiet);
      } else {
        const { runId, which } = known[prng.integer(known.length)]!;
        const reading = prng.integer(READINGS.length);
        const controller = new AbortController();
        const answer = READINGS[reading]!(engine, runId, { ...quiet, signal: controller.signal });
        outcomes.push(answer.then((value) => checked(value, expected[which]!.answers[reading]), reasonOf));
        if (prng.integer(4) === 0) controller.abort();
        if (prng.integer(4) === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    }
    await starting;
    const ends = await Promise.all(outcomes);
    expect(ends.filter((end) => end === 'same').length).toBeGreaterThan(STEPS / 4);
    expect(counts.spoilt).toBeGreaterThan(30);
    expect(counts.lentAgain).toBeGreaterThan(30);
    await engine.dispose();
  });

  it('leave a changed run whole whose clean run was deleted', async () => {
    const counts = poison();
    const engine = await open();
    const changed = RUNS[2]!;
    const { runId } = await start(engine, changed);
    const clean = await start(engine, { ...changed, interventions: [] });
    await engine.handlers['run.release']({ runId: clean.runId }, quiet);
    await start(engine, RUNS[3]!);
    expect(counts.spoilt).toBe(0);
    for (const [i, read] of READINGS.entries()) {
      expect(await read(engine, runId, quiet)).toEqual(expected[2]!.answers[i]);
    }
    await engine.handlers['run.release']({ runId }, quiet);
    await start(engine, RUNS[6]!);
    expect(counts.spoilt).toBeGreaterThan(0);
    await engine.dispose();
  });
});

function checked(actual: unknown, expected: unknown): 'same' {
  expect(actual).toEqual(expected);
  return 'same';
}

function reasonOf(error: Error & { readonly code?: string }): 'cancelled' | 'unknown-run' {
  if (error.name === 'CancelledError') return 'cancelled';
  expect(error.code).toBe('unknown-run');
  return 'unknown-run';
}
