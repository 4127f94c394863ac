/** What patching is whatever the model and the prompts: nothing changes nothing, everything changes all. */
import fc from 'fast-check';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Progress } from '../../shared/contract/methods.ts';
import {
  ALIGNMENTS,
  PATCH_DIRECTIONS,
  PATCH_GRIDS,
  PATCH_HOOKS,
  type PatchGrid,
  type PatchHook,
} from '../../shared/model/effect.ts';
import type { Capture } from '../capture/capture.ts';
import type { Job } from '../forward/checkpoint.ts';
import { runForward } from '../forward/forward.ts';
import { CONTEXT, EngineUnderTest } from '../golden/engine-tensors.ts';
import { maxAbsError } from '../testing/compare.ts';
import { openForward, type OpenedForward } from '../testing/open-forward.ts';
import { writeTinyModel, type TinyModelOptions } from '../testing/tiny-model.ts';
import { frozenPath, recomputedPath } from './direct-path.ts';
import { forwardWith } from './patch-forward.ts';
import { planPatches } from './patch-grid.ts';
import type { PatchPair } from './patch-pair.ts';
import { patchTrials } from './patch-trials.ts';
import { patchLayer } from './patched-layer.ts';
import { pathTrials } from './path-trials.ts';

const VOCAB = 61;
const MODELS: readonly TinyModelOptions[] = [
  { family: 'llama', layers: 3, heads: 4, kvHeads: 2, attentionBias: true },
  { family: 'mistral', kvHeads: 1, config: { sliding_window: 3 } },
  { family: 'qwen3', kvHeads: 2, headDim: 12 },
  { family: 'gpt2', layers: 3 },
];

const quiet: Job = { signal: CONTEXT.signal, progress: () => undefined };
const token = fc.integer({ min: 0, max: VOCAB - 1 });
const prompt = fc.array(token, { minLength: 2, maxLength: 7 }).map((list) => Int32Array.from(list));
const model = fc.integer({ min: 0, max: MODELS.length - 1 });
const place = fc.constantFrom(...PATCH_HOOKS).chain((hook) =>
  fc.constantFrom(...PATCH_GRIDS.filter((grid) => hook !== 'resid' || grid === 'layer-position')).map((grid) => ({
    hook,
    grid,
  })),
);
const ids = (values: Int32Array) => ({ kind: 'ids' as const, ids: values });
const LAST = { position: null, token: null, against: null, finalNorm: 'recomputed' as const };

let folder: string;
const opened: OpenedForward[] = [];
const engines: EngineUnderTest[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headscope-patching-'));
  for (const [at, options] of MODELS.entries()) {
    const path = join(folder, String(at));
    await writeTinyModel(path, { ...options, vocab: VOCAB, seed: at + 40 });
    opened.push(await openForward(path));
    const engine = new EngineUnderTest();
    await engine.open(path);
    engines.push(engine);
  }
});
afterAll(async () => {
  for (const each of opened) await each.dispose();
  for (const each of engines) await each.dispose();
  await rm(folder, { recursive: true, force: true });
});

function bytesOf(values: Float32Array): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}

async function pairOf(which: number, receiver: Int32Array, donor: Int32Array): Promise<PatchPair> {
  const run = (tokens: Int32Array): Promise<Capture> => runForward(opened[which]!, { ids: tokens }, quiet);
  const partners = receiver.map((_, at) => (at < donor.length ? at : -1));
  return { model: opened[which]!, receiver: await run(receiver), donor: await run(donor), partners };
}

const trialsOf = (pair: PatchPair, hook: PatchHook, grid: PatchGrid) =>
  patchTrials(
    pair,
    hook,
    planPatches(pair.model.architecture, { hook, grid, heads: null }, pair.partners, pair.receiver.tokens - 1),
  );

describe('patching', () => {
  it('of a run into itself is the same run bit for bit', async () => {
    await fc.assert(
      fc.asyncProperty(model, prompt, place, async (which, tokens, { hook, grid }) => {
        const pair = await pairOf(which, tokens, tokens);
        const { layers, heads } = pair.model.architecture;
        const trials = trialsOf(pair, hook, grid);
        expect(trials).toHaveLength(
          layers * (grid === 'layer-position' ? 1 : heads) * (grid === 'head' ? 1 : tokens.length),
        );
        const final = bytesOf(pair.receiver.resid[layers]!);
        for (const trial of trials) {
          const { resid } = await trial.run(quiet);
          expect(bytesOf(resid[layers]!).equals(final), trial.name).toBe(true);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('of a run into itself recovers nothing that could be told', async () => {
    await fc.assert(
      fc.asyncProperty(
        model,
        prompt,
        place,
        fc.constantFrom(...PATCH_DIRECTIONS),
        fc.constantFrom(...ALIGNMENTS),
        async (which, tokens, { hook, grid }, direction, align) => {
          const { handlers } = engines[which]!.engine;
          const both = { clean: ids(tokens), corrupted: ids(tokens), align, direction, target: LAST };
          const patched = await handlers['patch.run']({ ...both, hook, grid, heads: null }, CONTEXT);
          expect(patched.clean).toBe(patched.corrupted);
          expect(new Set(patched.values)).toEqual(new Set([patched.clean]));
          expect(new Set(patched.recovery)).toEqual(new Set([NaN]));
        },
      ),
      { numRuns: 25 },
    );
  });

  it('leaves the run as it is where the path carries nothing', async () => {
    await fc.assert(
      fc.asyncProperty(model, prompt, fc.boolean(), async (which, tokens, isFrozen) => {
        const pair = await pairOf(which, tokens, tokens);
        const { layers } = pair.model.architecture;
        const sender = { layer: 0, head: 1 };
        const direct = isFrozen ? frozenPath(pair, sender) : recomputedPath(pair, sender);
        const final = bytesOf(pair.receiver.resid[layers]!);
        for (const trial of pathTrials(pair, sender, direct)) {
          const { resid } = await trial.run(quiet);
          expect(bytesOf(resid[layers]!).equals(final), trial.name).toBe(true);
        }
      }),
      { numRuns: 15 },
    );
  });

  it('of all that enters a layer makes the other run of it', async () => {
    await fc.assert(
      fc.asyncProperty(model, prompt, fc.infiniteStream(token), async (which, tokens, others) => {
        const donor = Int32Array.from(tokens, () => others.next().value as number);
        const pair = await pairOf(which, tokens, donor);
        const { layers } = pair.model.architecture;
        for (let layer = 0; layer < layers; layer++) {
          const all = await patchLayer(pair, layer, 'resid')(null, quiet);
          const { resid } = await forwardWith(pair, layer, all, quiet);
          expect(maxAbsError(resid[layers]!, pair.donor.resid[layers]!)).toBeLessThan(1e-5);
        }
      }),
      { numRuns: 15 },
    );
  });

  it('recovers all at the one token that differs, and nothing before it or after what is read', async () => {
    await fc.assert(
      fc.asyncProperty(model, prompt, token, fc.nat(), fc.nat(), async (which, clean, other, at, readAt) => {
        const changed = at % clean.length;
        fc.pre(clean[changed] !== other);
        const corrupted = clean.with(changed, other);
        const position = changed + (readAt % (clean.length - changed));
        const { handlers } = engines[which]!.engine;
        const request = {
          ...{ clean: ids(clean), corrupted: ids(corrupted), align: 'start' as const, heads: null },
          ...{ direction: 'denoise' as const, grid: 'layer-position' as const },
          target: { ...LAST, position },
        };
        const patched = await handlers['patch.run']({ ...request, hook: 'resid' }, CONTEXT);
        expect(Math.abs(patched.values[changed]! - patched.clean)).toBeLessThan(1e-4);
        for (let each = 0; each < clean.length; each++) {
          if (each !== changed) expect(patched.values[each]).toBe(patched.corrupted);
        }
        for (const hook of ['z', 'pattern'] as const) {
          const { values, corrupted: own } = await handlers['patch.run']({ ...request, hook }, CONTEXT);
          for (const [each, value] of values.entries()) {
            const row = each % clean.length;
            if (row < changed || row > position) expect(value).toBe(own);
          }
        }
      }),
      { numRuns: 25 },
    );
  });

  it('does not reach back in time: what is not computed for that would have been the same', async () => {
    await fc.assert(
      fc.asyncProperty(model, prompt, prompt, async (which, tokens, other) => {
        const pair = await pairOf(which, tokens, other);
        const { layers, dModel } = pair.model.architecture;
        const last = tokens.length - 1;
        for (const hook of PATCH_HOOKS) {
          const { resid } = await forwardWith(pair, 0, await patchLayer(pair, 0, hook)(last, quiet), quiet);
          const before = (values: Float32Array): Buffer => bytesOf(values.subarray(0, last * dModel));
          expect(before(resid[layers]!).equals(before(pair.receiver.resid[layers]!)), hook).toBe(true);
        }
      }),
      { numRuns: 15 },
    );
  });

  it('agrees with a run under the kind of intervention that says the same', async () => {
    await fc.assert(
      fc.asyncProperty(
        model,
        prompt,
        prompt,
        fc.constantFrom(...PATCH_HOOKS.filter((hook) => hook !== 'resid')),
        async (which, clean, corrupted, hook) => {
          const engine = engines[which]!;
          const { layers, heads } = engine.info;
          // By layer: keys and values of a single head are those of its group in the list of interventions.
          const patched = await engine.engine.handlers['patch.run'](
            {
              ...{ clean: ids(clean), corrupted: ids(corrupted), align: 'tokens', direction: 'noise', heads: null },
              ...{
                hook: hook,
                grid: hook === 'k' || hook === 'v' ? 'layer-position' : 'head',
                target: LAST,
              },
            },
            CONTEXT,
          );
          const difference = async (where: { layer: number; head?: number }, rows?: { start: number; end: number }) => {
            const { runId } = await engine.run(clean, [
              {
                ...{ what: 'patch', where, parameters: { what: hook }, source: { prompts: [[...corrupted]] } },
                ...(rows && { rows: [rows] }),
              },
            ]);
            const position = clean.length - 1;
            const tokens = [patched.token.id, patched.against.id];
            const { logits } = await engine.engine.handlers['run.logits']({ runId, position, tokens }, CONTEXT);
            return logits[0]! - logits[1]!;
          };
          const [, width, positions] = patched.shape;
          for (let layer = 0; layer < layers; layer++) {
            for (let head = 0; head < width; head++) {
              for (let position = 0; position < positions; position++) {
                const value = patched.values[(layer * width + head) * positions + position]!;
                if (Number.isNaN(value)) continue;
                const other =
                  width === heads
                    ? await difference({ layer, head })
                    : await difference({ layer }, { start: position, end: position + 1 });
                if (hook === 'z') expect(value).toBe(other);
                else expect(Math.abs(value - other)).toBeLessThan(5e-5);
              }
            }
          }
        },
      ),
      { numRuns: 12 },
    );
  });

  it('goes on where it was cancelled, and tells how far it is', async () => {
    const engine = engines[0]!;
    const [clean, corrupted] = [Int32Array.of(1, 2, 3, 4, 5), Int32Array.of(1, 9, 3, 4, 5)];
    const request = {
      ...{ clean: ids(clean), corrupted: ids(corrupted), align: 'tokens' as const, heads: null, target: LAST },
      ...{ direction: 'denoise' as const, hook: 'v' as const, grid: 'head-position' as const },
    };
    const fresh = new EngineUnderTest();
    await fresh.open(join(folder, '0'));
    const expected = await fresh.engine.handlers['patch.run'](request, CONTEXT);
    await fresh.dispose();
    const controller = new AbortController();
    const seen: Progress[] = [];
    const stopping = {
      signal: controller.signal,
      progress: (progress: Progress) => {
        seen.push(progress);
        if (progress.total === 60 && progress.done >= 20) controller.abort();
      },
    };
    await expect(engine.engine.handlers['patch.run'](request, stopping)).rejects.toThrow('Cancelled');
    expect(seen.some(({ phase }) => phase.startsWith('Head L0H0, position 0, 1 of 60'))).toBe(true);
    const after: Progress[] = [];
    const patched = await engine.engine.handlers['patch.run'](request, {
      signal: CONTEXT.signal,
      progress: (progress) => after.push(progress),
    });
    const own = after.filter(({ total }) => total === 60);
    expect(Math.min(...own.map(({ done }) => done))).toBeGreaterThanOrEqual(18);
    expect(patched.values).toEqual(expected.values);
    expect(patched.work.forwards).toBe(60);
    expect(patched.work.flopBound).toBeGreaterThan(1);
    // Asked for again, it is there.
    const again: Progress[] = [];
    const known = await engine.engine.handlers['patch.run'](request, {
      signal: CONTEXT.signal,
      progress: (progress) => again.push(progress),
    });
    expect(known).toEqual(patched);
    expect(again.filter(({ total }) => total === 60)).toEqual([]);
  });

  it('keeps the scale of the run that is patched where the final norm is frozen', async () => {
    for (const engine of engines) {
      const { handlers } = engine.engine;
      const [clean, corrupted] = [Int32Array.of(1, 2, 3, 4, 5), Int32Array.of(1, 9, 3, 4, 5)];
      const frozen = { ...LAST, finalNorm: 'frozen' as const };
      const request = {
        ...{ clean: ids(clean), corrupted: ids(corrupted), align: 'start' as const, heads: null },
        ...{ direction: 'noise' as const, hook: 'z' as const, grid: 'head' as const },
      };
      const plain = await handlers['patch.run']({ ...request, target: LAST }, CONTEXT);
      const kept = await handlers['patch.run']({ ...request, target: frozen }, CONTEXT);
      expect(kept.clean).toBeCloseTo(plain.clean, 4);
      expect(maxAbsError(kept.values, plain.values)).toBeGreaterThan(1e-4);
      const { runId } = await handlers['run.start'](
        {
          prompt: ids(clean),
          interventions: [{ what: 'patch', where: { layer: 0, head: 1 }, source: { prompts: [[...corrupted]] } }],
          finalNorm: 'frozen',
          cut: false,
        },
        CONTEXT,
      );
      const tokens = [kept.token.id, kept.against.id];
      const { logits } = await handlers['run.logits']({ runId, position: 4, tokens }, CONTEXT);
      expect(kept.values[1]).toBeCloseTo(logits[0]! - logits[1]!, 4);
    }
  });
});
