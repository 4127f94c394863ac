/**
 * Patching on the oracle (native/testing/oracle.ts), whose circuit is known: L0H0 writes the token before into every
 * position, L1H0 looks for its own token there and copies what stands at the place that it finds.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PatchGrid, PatchHook } from '../../shared/model/effect.ts';
import { CONTEXT, EngineUnderTest } from '../golden/engine-tensors.ts';
import { attnOnly } from '../testing/attn-only.ts';
import { ORACLE, writeOracle } from '../testing/oracle.ts';

/** 3 was followed by 4, so that 4 comes next. */
const CLEAN = Int32Array.of(ORACLE.bos, 1, 2, 3, 4, 5, 6, 1, 2, 3);
/** There is no 3 to be found: the induction head rests on BOS and copies that. */
const CORRUPTED = CLEAN.with(3, 7);
const CHANGED = 3;

let folder: string;
const engine = new EngineUnderTest({ families: [attnOnly] });
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headscope-oracle-'));
  await writeOracle(folder);
  await engine.open(folder);
});
afterAll(async () => {
  await engine.dispose();
  await rm(folder, { recursive: true, force: true });
});

const PAIR = {
  clean: { kind: 'ids' as const, ids: CLEAN },
  corrupted: { kind: 'ids' as const, ids: CORRUPTED },
  align: 'tokens' as const,
  target: { position: null, token: null, against: null, finalNorm: 'recomputed' as const },
};

/** Within float32. */
function near(values: ArrayLike<number>, expected: readonly number[]): void {
  expect(Array.from(values, (value) => Math.round(value * 1e4) / 1e4 + 0)).toEqual(expected);
}

describe('patching the oracle', () => {
  const recovery = async (hook: PatchHook, direction: 'denoise' | 'noise' = 'denoise', grid: PatchGrid = 'head') => {
    const request = { ...PAIR, direction, hook, grid, heads: null };
    return engine.engine.handlers['patch.run'](request, CONTEXT);
  };

  it('compares what each run says', async () => {
    const { token, against, clean, corrupted } = await recovery('z');
    expect([token.id, against.id]).toEqual([4, ORACLE.bos]);
    expect(clean).toBeCloseTo(10, 4);
    expect(corrupted).toBeCloseTo(-10, 4);
  });

  // L0H0, L0H1, L1H0, L1H1.
  it.each<{ hook: PatchHook; expected: number[] }>([
    { hook: 'z', expected: [1, 0, 1, 0] },
    // Where the previous-token head looks is a matter of positions, what it writes one of its values.
    { hook: 'q', expected: [0, 0, 0, 0] },
    { hook: 'k', expected: [0, 0, 1, 0] },
    { hook: 'v', expected: [1, 0, 0, 0] },
    { hook: 'pattern', expected: [0, 0, 1, 0] },
  ])(
    '$hook of the two heads of the circuit recovers all or nothing, and noise does as much harm',
    async ({ hook, expected }) => {
      near((await recovery(hook)).recovery, expected);
      near(
        (await recovery(hook, 'noise')).recovery,
        expected.map((part) => 1 - part),
      );
    },
  );

  it('finds where things stand: the token, then its trace one position later, then the end', async () => {
    const { recovery: resid, shape } = await recovery('resid', 'denoise', 'layer-position');
    expect(shape).toEqual([2, 1, CLEAN.length]);
    const only = (position: number) => Array.from(CLEAN, (_, at) => (at === position ? 1 : 0));
    near(resid, [...only(CHANGED), ...only(CHANGED + 1)]);
    const { recovery: z } = await recovery('z', 'denoise', 'head-position');
    const nothing = only(-1);
    near(z, [...only(CHANGED + 1), ...nothing, ...only(CLEAN.length - 1), ...nothing]);
    const { recovery: k } = await recovery('k', 'denoise', 'head-position');
    near(k, [...nothing, ...nothing, ...only(CHANGED + 1), ...nothing]);
  });

  it.each(['recomputed', 'frozen'] as const)(
    'the path runs from the previous-token head into the keys of the induction head, MLPs %s',
    async (mlps) => {
      const path = async (head: number, direction: 'denoise' | 'noise') => {
        const request = { ...PAIR, direction, mlps, sender: { layer: 0, head } };
        return engine.engine.handlers['patch.paths'](request, CONTEXT);
      };
      for (const direction of ['denoise', 'noise'] as const) {
        const [all, nothing] = direction === 'denoise' ? [1, 0] : [0, 1];
        const { q, k, v, logits } = await path(0, direction);
        expect([...k.subarray(0, 2)]).toEqual([NaN, NaN]);
        near(k.subarray(2), [all, nothing]);
        near(q.subarray(2), [nothing, nothing]);
        near(v.subarray(2), [nothing, nothing]);
        near([logits], [nothing]);
        const silent = await path(1, direction);
        near(
          [silent.q, silent.k, silent.v].flatMap((each) => [...each.subarray(2)]),
          new Array<number>(6).fill(nothing),
        );
      }
    },
  );

  it('carries the induction head straight to the logits', async () => {
    const request = {
      ...PAIR,
      direction: 'denoise' as const,
      mlps: 'recomputed' as const,
      sender: { layer: 1, head: 0 },
    };
    const { q, k, v, logits, work } = await engine.engine.handlers['patch.paths'](request, CONTEXT);
    near([logits], [1]);
    expect(new Set([...q, ...k, ...v])).toEqual(new Set([NaN]));
    expect(work.forwards).toBe(1);
  });

  it('refuses what is not there', async () => {
    const { handlers } = engine.engine;
    const paths = { ...PAIR, direction: 'denoise' as const, mlps: 'recomputed' as const };
    await expect(handlers['patch.paths']({ ...paths, sender: { layer: 2, head: 0 } }, CONTEXT)).rejects.toThrow(
      'There is no head L2H0.',
    );
    const far = { kind: 'ids' as const, ids: new Int32Array(ORACLE.context + 1) };
    await expect(handlers['patch.align']({ ...PAIR, corrupted: far }, CONTEXT)).rejects.toThrow('context limit');
    const none = { kind: 'ids' as const, ids: new Int32Array(0) };
    await expect(handlers['patch.align']({ ...PAIR, clean: none }, CONTEXT)).rejects.toThrow('empty');
  });

  it('shows how the prompts are aligned', async () => {
    const { clean, corrupted, partners } = await engine.engine.handlers['patch.align'](PAIR, CONTEXT);
    expect([...partners]).toEqual([...CLEAN.keys()]);
    expect([clean[CHANGED]!.id, corrupted[CHANGED]!.id]).toEqual([3, 7]);
  });
});
