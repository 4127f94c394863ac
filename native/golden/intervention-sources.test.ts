/** Interventions that read other prompts, on the shipped model: draws, means by class and by position, samples of tasks. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InterventionSource, Intervention } from '../../shared/model/intervention.ts';
import { TOKEN_CLASSES, tokenClasses } from '../../shared/model/token-class.ts';
import { concat, maxAbsError } from '../testing/compare.ts';
import { openReference, type ReferenceModel, type ReferenceRun } from '../testing/reference-forward.ts';
import { referenceInterventions, type ReferenceChanges } from '../testing/reference-interventions.ts';
import { CONTEXT, EngineUnderTest, everyLayer } from './engine-tensors.ts';
import { ParityTable } from './parity-table.ts';
import { differing, runBits } from './run-bits.ts';

const LIMIT = 1e-4;
const MODEL = `${import.meta.dirname}/../../resources/model`;
const TEXTS = [
  'In 1862 the old king sold 40 ships,\nand no one knew why.',
  'The river ran past 3 mills; nobody, on 12 June, had opened them yet.',
  'She wrote: "Bring 7 lamps, 2 ropes and the map."\nThen it rained for days.',
  'A letter came at 9 o’clock. It said nothing at all, and he burned it there.',
] as const;
const [WHERE, LAYER] = [{ layer: 2 }, 2];

const engine = new EngineUnderTest({ shippedModel: MODEL, tasks: `${MODEL}/../tasks` });
const table = new ParityTable('interventions that read other prompts against the float64 reference, shipped model');
let reference: ReferenceModel;
/** The prompt, cut to the length of the shortest. */
let ids: Int32Array;
let others: Int32Array[];

beforeAll(async () => {
  await engine.open('demo');
  reference = await openReference(MODEL);
  const all = await Promise.all(
    TEXTS.map((text) =>
      engine.engine.handlers['prompt.tokenize']({ prompt: { kind: 'text', text, bos: true } }, CONTEXT),
    ),
  );
  const shortest = Math.min(...all.map((prompt) => prompt.ids.length));
  ids = all[0]!.ids.slice(0, shortest);
  others = all.slice(1).map((prompt) => prompt.ids);
});
afterAll(async () => {
  table.print();
  await engine.dispose();
});

const from = (prompts: readonly Int32Array[]): { readonly source: InterventionSource } => ({
  source: { prompts: prompts.map((prompt) => Array.from(prompt)) },
});

async function check(label: string, list: readonly Intervention[], changes: ReferenceChanges = {}): Promise<void> {
  const expected = await referenceInterventions(reference, ids, list, changes);
  const bits = await runBits(engine, ids, list);
  const errors = {
    logits: maxAbsError(bits.get('logits')!, expected.logits),
    z: maxAbsError(
      concat(everyLayer(bits, 'attn.hook_z', engine.info.layers)),
      concat(expected.layers.map(({ z }) => z)),
    ),
  };
  for (const [tensor, error] of Object.entries(errors)) {
    table.add(label, tensor, error, LIMIT);
    expect(error, tensor).toBeLessThan(LIMIT);
  }
  const clean = await reference(ids);
  expect(maxAbsError(expected.logits, clean.logits)).toBeGreaterThan(1e-3);
}

/** What each position of a head was given, found among all that it may have been given: by the nearest vector. */
async function drawn(
  list: readonly Intervention[],
  runs: readonly ReferenceRun[],
  positions: (at: number) => number[],
) {
  const { headDim, heads } = engine.info;
  const z = (await runBits(engine, ids, list)).get(`blocks.${LAYER}.attn.hook_z`)!;
  return (head: number, position: number) => {
    const at = (position * heads + head) * headDim;
    const choices = runs.flatMap((run, prompt) =>
      positions(position).map((other) => {
        const from = (other * heads + head) * headDim;
        const distance = maxAbsError(z.subarray(at, at + headDim), run.layers[LAYER]!.z.subarray(from, from + headDim));
        return { prompt, position: other, distance };
      }),
    );
    return choices.reduce((best, choice) => (choice.distance < best.distance ? choice : best));
  };
}

const everyHead = () => Array.from({ length: engine.info.heads }, (_, head) => head);
const everyPosition = () => Array.from(ids.keys());

describe('resample', () => {
  it('takes each position from one of the other prompts, at the same position', async () => {
    const runs = await Promise.all(others.map((prompt) => reference(prompt)));
    const list: Intervention[] = [{ what: 'resample', where: WHERE, ...from(others) }];
    const of = await drawn(list, runs, (at) => [at]);
    const counts = new Array<number>(others.length).fill(0);
    for (const head of everyHead()) {
      for (const at of everyPosition()) {
        const { distance, prompt } = of(head, at);
        expect(distance).toBeLessThan(LIMIT);
        // The first token is the same everywhere.
        if (at > 0) counts[prompt]! += 1;
      }
    }
    // Each about as often.
    const total = counts.reduce((sum, count) => sum + count, 0);
    for (const count of counts) expect(count / total).toBeGreaterThan(0.5 / others.length);
    await check('resample from prompts', list, { drawOf: (_, __, head, at) => of(head, at) });
  });

  it('takes each position from another one of the prompt itself, without other prompts', async () => {
    const runs = [await reference(ids)];
    const list: Intervention[] = [{ what: 'resample', where: WHERE, parameters: { seed: 5 } }];
    const of = await drawn(list, runs, (at) => everyPosition().filter((other) => other !== at));
    const seen = new Set<number>();
    for (const head of everyHead()) {
      for (const at of everyPosition()) {
        expect(of(head, at).distance).toBeLessThan(LIMIT);
        seen.add(of(head, at).position);
      }
    }
    expect(seen.size).toBeGreaterThan(ids.length / 2);
    await check('resample from itself', list, { drawOf: (_, __, head, at) => ({ ...of(head, at), prompt: 0 }) });
  });

  it('draws the same from the same seed, whatever else is in the list, and other things from another one', async () => {
    const of = (seed: number): Intervention => ({
      what: 'resample',
      where: WHERE,
      parameters: { seed },
      ...from(others),
    });
    const z = async (list: readonly Intervention[]) =>
      new Map([['z', (await runBits(engine, ids, list)).get(`blocks.${LAYER}.attn.hook_z`)!]]);
    const first = await z([of(1)]);
    const zero: Intervention = { what: 'zero', where: { layer: 0, head: 1 } };
    expect(differing(await z([zero, of(1)]), first)).toEqual([]);
    expect(differing(await z([of(2)]), first)).toEqual(['z']);
  });
});

describe('mean', () => {
  it.each([
    ['by class', 'class', false],
    ['by class over prompts', 'class', true],
    ['by position over prompts', 'position', true],
    ['of all over prompts', 'all', true],
  ] as const)('%s', async (label, by, hasSource) => {
    const named = new Map<string, readonly string[]>();
    for (const prompt of [ids, ...others]) {
      const request = { prompt: { kind: 'ids' as const, ids: prompt } };
      const { tokens } = await engine.engine.handlers['prompt.tokenize'](request, CONTEXT);
      named.set(
        prompt.join(),
        Array.from(tokenClasses(tokens), (at) => TOKEN_CLASSES[at]!),
      );
    }
    // The texts have several of each, so that classes are told apart.
    expect(new Set(named.get(ids.join())).size).toBeGreaterThan(4);
    const sources = hasSource ? from(others) : {};
    const list: Intervention[] = [{ what: 'mean', where: WHERE, parameters: { by }, ...sources }];
    await check(`mean ${label}`, list, { classesOf: (prompt) => named.get(prompt.join())! });
  });
});

describe('samples of a task', () => {
  const repeat = (samples: number, seed: number): Intervention => ({
    what: 'mean',
    where: WHERE,
    source: { task: 'repeat', samples, seed },
  });

  it('are the prompts that the task makes from the seed', async () => {
    const request = { task: 'repeat', parameters: {}, seed: 3 };
    const sample = await engine.engine.handlers['task.sample'](request, CONTEXT);
    const given: Intervention = { what: 'mean', where: WHERE, ...from([sample.ids]) };
    expect(differing(await runBits(engine, ids, [repeat(1, 3)]), await runBits(engine, ids, [given]))).toEqual([]);
  });

  it('differ by seed and number, and are the same again', async () => {
    const first = await runBits(engine, ids, [repeat(2, 3)]);
    expect(differing(await runBits(engine, ids, [repeat(2, 3)]), first)).toEqual([]);
    expect(differing(await runBits(engine, ids, [repeat(2, 4)]), first)).toContain('logits');
    expect(differing(await runBits(engine, ids, [repeat(3, 3)]), first)).toContain('logits');
  });
});
