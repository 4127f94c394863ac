import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Capture } from '../capture/capture.ts';
import type { Job } from '../forward/checkpoint.ts';
import { buildEffects, buildLogProbs } from '../forward/effect-graphs.ts';
import type { UnembedModel } from '../forward/likelihoods.ts';
import { createSession, type Session } from '../ort/session.ts';
import { EffectReader, type EffectSource, type ReadTarget } from './effect-reader.ts';

const quiet: Job = { signal: new AbortController().signal, progress: () => undefined };
const LAST: ReadTarget = { position: null, token: null, against: null };

let effects: Session;
let logProbs: Session;
beforeAll(async () => {
  effects = await createSession(buildEffects(), { threads: 1 });
  logProbs = await createSession(buildLogProbs(), { threads: 1 });
});
afterAll(async () => {
  await effects.dispose();
  await logProbs.dispose();
});

/** Runs whose logits are these, two rows a block. */
function toy(rows: readonly (readonly number[])[], ids: readonly number[]) {
  const vocabSize = rows[0]!.length;
  const sessions = {
    logitRows: 2,
    effects: () => Promise.resolve(effects),
    logProbs: () => Promise.resolve(logProbs),
  };
  const model = { architecture: { vocabSize }, sessions } as unknown as UnembedModel;
  const tables = new Map<Capture, readonly (readonly number[])[]>();
  const run = (logits: readonly (readonly number[])[]): Capture => {
    const capture = { tokens: logits.length, ids: Int32Array.from(ids) } as Capture;
    tables.set(capture, logits);
    return capture;
  };
  const asked: string[] = [];
  const clean = run(rows);
  const source: EffectSource = {
    model,
    capture: clean,
    logits: (capture, start, end) => {
      asked.push(`${capture === clean ? 'before' : 'after'} ${start}:${end}`);
      return Promise.resolve(Float32Array.from(tables.get(capture)!.slice(start, end).flat()));
    },
  };
  return { source, run, asked };
}

const logs = (...shares: number[]): number[] => shares.map(Math.log);

describe('EffectReader', () => {
  it('reads the divergence and likelihoods of a hand-checked example', async () => {
    const { source, run } = toy([logs(0.7, 0.2, 0.1), logs(0.7, 0.2, 0.1)], [2, 0]);
    const reader = await EffectReader.of(source, LAST, quiet);
    expect([reader.position, reader.token, reader.against]).toEqual([1, 0, 1]);
    expect(reader.difference).toBeCloseTo(Math.log(3.5), 6);
    const changed = run([logs(0.5, 0.3, 0.2), logs(0.3, 0.5, 0.2)]);
    const effect = await reader.read(changed, quiet);
    const last = 0.7 * Math.log(0.7 / 0.3) + 0.2 * Math.log(0.2 / 0.5) + 0.1 * Math.log(0.1 / 0.2);
    expect(effect['kl-last']).toBeCloseTo(last, 6);
    // KL(P || Q) of the first row is .0851, and token 0 loses .3365 nats.
    expect(effect.kl).toBeCloseTo((0.0851 + last) / 2, 4);
    expect(effect.nll).toBeCloseTo(0.3365, 4);
    expect(effect['logit-difference']).toBeCloseTo(Math.log(0.6) - Math.log(3.5), 6);
    expect(effect.agreement).toBe(0.5);
  });

  it('takes the tokens and the position that are given, and the likeliest other ones', async () => {
    const { source, run } = toy([logs(0.7, 0.2, 0.1), logs(0.1, 0.2, 0.7)], [0, 1]);
    const chosen = async (target: Partial<ReadTarget>) => {
      const { position, token, against } = await EffectReader.of(source, { ...LAST, ...target }, quiet);
      return [position, token, against];
    };
    expect(await chosen({})).toEqual([1, 2, 1]);
    expect(await chosen({ position: 0 })).toEqual([0, 0, 1]);
    expect(await chosen({ token: 1 })).toEqual([1, 1, 2]);
    expect(await chosen({ against: 2 })).toEqual([1, 1, 2]);
    expect(await chosen({ token: 0, against: 1 })).toEqual([1, 0, 1]);
    const early = await EffectReader.of(source, { ...LAST, position: 0 }, quiet);
    const changed = run([logs(0.5, 0.3, 0.2), logs(0.1, 0.2, 0.7)]);
    const effect = await early.read(changed, quiet);
    expect(effect['kl-last']).toBeCloseTo(0.0851, 4);
    expect(effect['kl-last']).toBeCloseTo(2 * effect.kl, 6);
  });

  it('tells the same whether log-probabilities are kept or made anew, and keeps no more than it may', async () => {
    const row = fc.array(fc.double({ min: -8, max: 8, noNaN: true }), { minLength: 4, maxLength: 4 });
    const rows = fc.array(row, { minLength: 5, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(rows, rows, async (before, after) => {
        const { source, run, asked } = toy(before, [3, 1, 0, 2, 2]);
        const changed = run(after);
        const effects = [];
        for (const kept of [1000, 16, 0]) {
          const reader = await EffectReader.of(source, LAST, quiet, kept);
          asked.length = 0;
          effects.push(await reader.read(changed, quiet));
          // Blocks of 2 x 4 numbers: of 16, two are kept.
          const again = { 1000: 0, 16: 1, 0: 3 }[kept];
          expect(asked.filter((each) => each.startsWith('before'))).toHaveLength(again!);
          expect(await reader.read(source.capture, quiet)).toEqual(reader.unchanged);
        }
        expect(effects[1]).toEqual(effects[0]);
        expect(effects[2]).toEqual(effects[0]);
        expect(effects[0]!.kl).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 30 },
    );
  });

  it('says nothing of likelihood where there is one token, and stops when it is cancelled', async () => {
    const { source, run } = toy([logs(0.7, 0.3)], [0]);
    const reader = await EffectReader.of(source, LAST, quiet);
    expect((await reader.read(run([logs(0.6, 0.4)]), quiet)).nll).toBeNaN();
    expect(reader.unchanged.nll).toBeNaN();
    await expect(
      reader.read(source.capture, { signal: AbortSignal.abort(), progress: () => undefined }),
    ).rejects.toThrow('Cancelled');
  });
});
