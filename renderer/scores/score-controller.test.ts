// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { forwardsKey, furtherKey, originKey } from '../engine/data-keys.ts';
import { furtherChoice, parametersText } from '../engine/score-choice.ts';
import { patch } from '../state/store.ts';
import { startSession } from '../testing/start-session.ts';

const at = { task: 'repeat', samples: 4, seed: 3 } as const;

async function started(layerMs = 0) {
  const app = startSession({ layers: 2, heads: 4, kvHeads: 2, layerMs });
  await app.rest();
  const state = () => app.store.getState();
  const askedFor = (method: string) => app.host.engine.calls.filter((call) => call.method === method);
  return { ...app, state, askedFor };
}

describe('scores on demand', () => {
  it('know what there is once a model is open', async () => {
    const { state } = await started();
    expect(state().scores.list.map(({ id }) => id)).toContain('streaming-kl');
    expect(state().scores.probes.map(({ id }) => id)).toEqual(['repeat', 'needle']);
  });

  it('come in one request for a short prompt, and again with other parameters', async () => {
    const { state, store, cache, askedFor, rest } = await started();
    const further = () => askedFor('run.scores').filter(({ params }) => 'scores' in (params as object));
    expect(further().map(({ params }) => (params as { scores: string[] }).scores)).toEqual([
      ['streaming', 'sink-cosine'],
    ]);
    patch(store, 'scores', { parameters: { streaming: { sink: 8 } } });
    await rest();
    expect(further()).toHaveLength(2);
    const tables = cache.value(furtherKey(state().run.clean!.key, JSON.stringify(furtherChoice(state().scores))));
    expect(tables?.map(({ info, parameters }) => [info.id, parameters])).toEqual([
      ['streaming', { sink: 8 }],
      ['sink-cosine', {}],
    ]);
  });

  it('of the weights come when they are wanted, once a model', async () => {
    const { store, askedFor, rest } = await started();
    expect(askedFor('model.scores')).toHaveLength(0);
    patch(store, 'scores', { weights: true });
    await rest();
    expect(askedFor('model.scores')).toHaveLength(1);
  });

  it('that cost forwards show progress, and end with a cancel', async () => {
    const { session, state, cache } = await started(2);
    const key = forwardsKey(state().run.clean!.key, 'streaming-kl', parametersText(undefined));
    const cancelled = session.scores.computeForwards(['streaming-kl']);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(state().scores.forwards?.progress?.total).toBe(8);
    session.scores.cancelForwards();
    expect(state().scores.forwards).toBeUndefined();
    await cancelled;
    expect(cache.value(key)).toBeUndefined();
    await session.scores.computeForwards(['streaming-kl']);
    expect(cache.value(key)?.values).toHaveLength(8);
  });

  it('of a probe set become an origin with what it was made from', async () => {
    const { session, state, cache } = await started();
    const origin = await session.scores.runProbe(at, 'Repeated random tokens');
    expect(origin).toMatchObject({ kind: 'probe', detail: '4 prompts, length 128, bos 1, seed 3' });
    expect(state().scores.origins).toEqual([origin]);
    expect(cache.value(originKey(origin!.id))?.tables[0]?.spread?.prompts).toBe(4);
    const key = `${origin!.id}:induction`;
    const brought = session.scores.brought({ view: 'scatter', x: 'entropy', y: key });
    expect(brought.map((one) => [one.key, one.origin])).toEqual([
      [key, 'Repeated random tokens, 4 prompts, length 128, bos 1, seed 3'],
    ]);
    expect(session.scores.brought({ view: 'distance', head: { layer: 0, head: 0 } })).toEqual([]);
    session.scores.removeOrigin(origin!.id);
    expect(state().scores.origins).toEqual([]);
    expect(cache.value(originKey(origin!.id))).toBeUndefined();
  });

  it('say why a probe set could not be run', async () => {
    const { session, state } = await started();
    expect(await session.scores.runProbe({ ...at, task: 'needle' }, 'Needle')).toBeUndefined();
    expect(state().scores.probeError?.message).toContain('needle');
  });

  it('of a file become an origin, and leave with their model', async () => {
    const { session, state } = await started();
    const gates = { name: 'gates.tsv', text: '0.5\t1\n0\t0.25' };
    await session.scores.importFile(gates);
    expect(state().scores.origins.map(({ name }) => name)).toEqual(['gates.tsv']);
    await expect(session.scores.importFile({ ...gates, text: '1 2 3' })).rejects.toThrow('cannot be imported');
    await session.openModel('/models/pythia-70m');
    expect(state().scores.origins).toEqual([]);
  });
});
