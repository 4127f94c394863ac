import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CallContext } from '../../shared/contract/handlers.ts';
import type { MethodResult } from '../../shared/model/method-result.ts';
import { parseParams } from '../../shared/contract/parse-params.ts';
import type { Engine } from '../public/engine.ts';
import { ADDON } from '../testing/open-forward.ts';
import { writeTinyModel } from '../testing/tiny-model.ts';
import { createEngine } from './create-engine.ts';

const resources = `${import.meta.dirname}/../../resources`;
const context: CallContext = { signal: new AbortController().signal, progress: () => undefined };

async function open(folder: string): Promise<Engine> {
  const tasks = path.join(resources, 'tasks');
  const engine = createEngine({ shippedModel: folder, tasks, addon: ADDON, threads: 1 });
  await engine.handlers['model.open']({ path: folder }, context);
  return engine;
}

async function run(engine: Engine, ids: Int32Array, request: object): Promise<MethodResult> {
  const start = { prompt: { kind: 'ids', ids } as const, interventions: [], cut: false };
  const { runId } = await engine.handlers['run.start'](start, context);
  const { results } = await engine.handlers['method.run'](parseParams('method.run', { runId, ...request }), context);
  return results[0]!;
}

describe('what methods read of the open model', () => {
  it('is a score of KV groups for DuoAttention, and a probe of the heads for RazorAttention', async () => {
    const engine = await open(path.join(resources, 'model'));
    const { ids } = await engine.handlers['task.sample'](
      parseParams('task.sample', { task: 'needle', parameters: { length: 200, facts: 1 } }),
      context,
    );
    const promptLength = ids.length - 10;
    const scored = async (request: object, id: string) => {
      const { scores } = await engine.handlers['probe.run'](
        parseParams('probe.run', { ...request, scores: [id], samples: 4 }),
        context,
      );
      return scores[0]!.values!;
    };
    /** Heads of the groups that are highest, the first `count` of them: the largest of each group counts. */
    const highest = (values: Float64Array, count: number): Set<number> => {
      const groups = Array.from({ length: 24 }, (_, group) => Math.max(values[2 * group]!, values[2 * group + 1]!));
      const ranked = [...groups.keys()].sort((a, b) => groups[b]! - groups[a]!).slice(0, count);
      return new Set(ranked.flatMap((group) => [2 * group, 2 * group + 1]));
    };
    /** Heads that read every key. */
    const whole = ({ heads, rows }: MethodResult): Set<number> => {
      const all = promptLength + (rows + 1) / 2;
      return new Set([...heads.read.keys()].filter((head) => Math.abs(heads.read[head]! - all) < 1e-9));
    };
    // All but six of 24 groups stream: with the gates of heads for those of groups they would be others.
    const duo = await run(engine, ids, {
      ...{ method: 'duo', promptLength, parameters: { sparsity: 0.75, sink: 2 }, budgets: [{ keys: 12 }] },
    });
    expect(whole(duo)).toEqual(highest(await scored({ task: 'prose', parameters: { length: 400 } }, 'duo-proxy'), 6));
    expect(duo).toMatchObject({ badge: 'proxy', notes: [expect.stringContaining('by the score duo-proxy')] });
    // Groups by their induction alone: 2 of 24.
    const razor = await run(engine, ids, {
      ...{
        method: 'razor',
        promptLength,
        parameters: { induction: 2 / 24, echo: 0, sink: 2 },
        budgets: [{ keys: 12 }],
      },
    });
    expect(whole(razor)).toEqual(highest(await scored({ task: 'repeat' }, 'razor-induction'), 2));
    expect(razor).toMatchObject({ badge: 'layer-local', notes: [expect.stringContaining('4 times over')] });
    await engine.dispose();
  });

  it('is a stand-in of the method where there is no text', async () => {
    const root = await mkdtemp(path.join(tmpdir(), 'headscope-gates-'));
    await writeTinyModel(root, { family: 'qwen2', layers: 2, heads: 4, kvHeads: 2, context: 64, seed: 4 });
    const engine = await open(root);
    const ids = Int32Array.from({ length: 60 }, (_, at) => (at * 13) % 61);
    const asked = { promptLength: 40, parameters: { sink: 2 }, budgets: [{ keys: 12 }] };
    const duo = await run(engine, ids, { method: 'duo', ...asked });
    expect(duo).toMatchObject({ badge: 'proxy', notes: [expect.stringContaining('by a stand-in')] });
    const razor = await run(engine, ids, { method: 'razor', ...asked });
    expect(razor.badge).toBe('layer-local');
    await engine.dispose();
    await rm(root, { recursive: true });
  });
});
