import { beforeEach, describe, expect, it } from 'vitest';
import { EFFECT_KINDS, type EffectKind } from '../../shared/model/effect-results.ts';
import { interventionsKey } from '../../shared/model/intervention-text.ts';
import { pack } from '../../shared/session/packed.ts';
import { effectsSlice } from '../../shared/session/slices/effects.ts';
import { scoresSlice } from '../../shared/session/slices/scores.ts';
import { originKey } from '../engine/data-keys.ts';
import { selectHead, toggleAblation } from '../state/edits.ts';
import { setFinalNorm } from '../state/intervention-edits.ts';
import { patch } from '../state/store.ts';
import { startSession } from '../testing/start-session.ts';
import { collectState } from '../session-file/collect.ts';
import { collectScores } from '../session-file/collect-scores.ts';
import { collectEffects } from '../session-file/stored-effects.ts';
import { effectKey } from './effect-keys.ts';

const HEAD = { layer: 1, head: 3 };
const RANKING = { heads: [HEAD, { layer: 0, head: 1 }], name: 'Copy mass' };

let app: ReturnType<typeof startSession>;

async function start(options: Parameters<typeof startSession>[0] = {}): Promise<void> {
  app = startSession(options);
  await app.rest();
  selectHead(app.store, HEAD);
}

beforeEach(async () => {
  await start();
});

const effects = () => app.store.getState().effects;

function resultOf<Kind extends EffectKind>(kind: Kind) {
  const id = effects().results[kind];
  return id === undefined ? undefined : app.cache.value(effectKey(kind, id));
}

function callsOf(method: string) {
  return app.host.engine.calls.filter((call) => call.method === method).map(({ params }) => params);
}

/** One result of every kind. */
async function everything(): Promise<void> {
  const { session, store } = app;
  const { text } = store.getState().prompt;
  session.effects.set({ corrupted: text.replace('copper', 'silver') });
  session.effects.set({ curve: { ...effects().settings.curve, counts: [1, 2] } });
  const run = session.effects;
  await run.sweep();
  await run.greedy();
  await run.dose();
  await run.curve(RANKING);
  await run.keys();
  await run.patching();
  await run.paths();
  await run.importance();
  toggleAblation(store, HEAD);
  await app.rest();
  await run.random();
  await app.rest();
}

describe('what changing heads does', () => {
  it('joins the lists of scores as an origin of its own, once for the same sweep', async () => {
    expect(await app.session.effects.sweep()).toBe(true);
    const [origin] = app.store.getState().scores.origins;
    expect(origin).toMatchObject({ kind: 'sweep', name: 'Sweep: zero' });
    expect(origin!.detail).toContain('every head alone, on the clean run');
    const tables = app.cache.value(originKey(origin!.id))!.tables;
    expect(tables.map(({ info }) => info.id)).toEqual([
      'effect-kl',
      'effect-kl-last',
      'effect-nll',
      'effect-logit-difference',
      'effect-agreement',
    ]);
    await app.session.effects.sweep();
    expect(app.store.getState().scores.origins).toHaveLength(1);
    app.session.effects.set({ change: { what: 'scale', parameters: { factor: 0.5 } } });
    await app.session.effects.sweep();
    expect(app.store.getState().scores.origins.map(({ name }) => name)).toEqual(['Sweep: zero', 'Sweep: scale:0.5']);
  });

  it('is asked of the changed run to rank the rest again', async () => {
    const { store, session } = app;
    toggleAblation(store, HEAD);
    await app.rest();
    session.effects.set({ on: 'changed', token: 7, position: 2 });
    await session.effects.sweep();
    const [params] = callsOf('sweep.heads');
    expect(params).toMatchObject({ runId: store.getState().run.changed!.runId, target: { token: 7, position: 2 } });
    expect(resultOf('sweep')!.about.on).toBe(interventionsKey(store.getState().edit.interventions));
    const [kl] = app.cache.value(originKey(resultOf('sweep')!.origin))!.tables;
    expect(kl!.values![HEAD.layer * 8 + HEAD.head]).toBe(0);
  });

  it('is cancelled, goes on when it is asked for again, and begins anew with other settings', async () => {
    await start({ layerMs: 5 });
    const running = app.session.effects.sweep();
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(effects().job?.kind).toBe('sweep');
    app.session.effects.cancel();
    expect(await running).toBe(false);
    expect(effects()).toMatchObject({ job: undefined, cancelled: 'sweep', results: {} });
    app.session.effects.set({ places: 'layer' });
    expect(effects().cancelled).toBeUndefined();
    expect(await app.session.effects.sweep()).toBe(true);
  });

  it('gives up what was asked of a run that is gone', async () => {
    await start({ layerMs: 5 });
    const running = app.session.effects.sweep();
    await new Promise((resolve) => setTimeout(resolve, 20));
    patch(app.store, 'prompt', { text: 'another prompt' });
    await app.session.runPrompt();
    expect(await running).toBe(false);
    expect(effects().job).toBeUndefined();
  });

  it('says why it cannot be: no set of heads, too few heads ranked, no head', async () => {
    const { session, store } = app;
    expect(await session.effects.random()).toBe(false);
    expect(effects().failed).toMatchObject({
      kind: 'random',
      error: { code: 'bad-request', hint: 'Ablate some heads first.' },
    });
    session.effects.set({ curve: { ...effects().settings.curve, counts: [4] } });
    await session.effects.curve(RANKING);
    expect(effects().failed?.error.message).toBe('The score ranks 2 heads; 4 are to be changed.');
    patch(store, 'edit', { head: undefined });
    await session.effects.dose();
    expect(effects().failed?.error.message).toBe('No head is selected.');
  });

  it('passes on what the engine refuses', async () => {
    app.session.effects.set({ change: { what: 'patch' } });
    expect(await app.session.effects.sweep()).toBe(false);
    expect(effects().failed).toMatchObject({
      kind: 'sweep',
      error: { code: 'bad-request', message: 'Patch needs another prompt.' },
    });
  });

  it('compares the heads that are changed with random sets, on the clean run', async () => {
    toggleAblation(app.store, HEAD);
    await app.rest();
    app.session.effects.set({ on: 'changed' });
    await app.session.effects.random();
    expect(callsOf('sweep.random')).toMatchObject([
      { runId: app.store.getState().run.clean!.runId, heads: [HEAD], draws: 20 },
    ]);
    expect(resultOf('random')!.draws).toHaveLength(20);
  });

  it('aligns the pair once, and patches it in both directions', async () => {
    const { session, store } = app;
    session.effects.set({ corrupted: store.getState().prompt.text.replace('copper', 'silver') });
    await session.effects.align();
    await session.effects.align();
    expect(callsOf('patch.align')).toHaveLength(1);
    await session.effects.patching();
    expect(callsOf('patch.run')).toMatchObject([{ direction: 'denoise' }, { direction: 'noise' }]);
    expect(resultOf('patching')!.denoise!.shape).toEqual([4, 8, 1]);
    session.effects.set({ grid: 'head-position', direction: 'noise' });
    await session.effects.patching();
    expect(callsOf('patch.run').at(-1)).toMatchObject({ heads: [HEAD], direction: 'noise' });
    expect(resultOf('patching')!.denoise).toBeUndefined();
  });

  it('reads effects under the final norm of the interventions, unless another is set; a curve has none', async () => {
    setFinalNorm(app.store, 'frozen');
    await app.rest();
    await app.session.effects.dose();
    app.session.effects.set({ finalNorm: 'recomputed' });
    await app.session.effects.dose();
    expect(callsOf('sweep.dose')).toMatchObject([
      { target: { finalNorm: 'frozen' } },
      { target: { finalNorm: 'recomputed' } },
    ]);
    app.session.effects.set({ finalNorm: null, curve: { ...effects().settings.curve, counts: [1], matched: true } });
    await app.session.effects.curve(RANKING);
    expect(resultOf('curve')).toMatchObject({ about: { finalNorm: 'recomputed' }, matched: true });
  });

  it('keeps the numbers of an importance beside its tables', async () => {
    await app.session.effects.importance();
    const { origin, exact, approximate } = resultOf('importance')!;
    const tables = app.cache.value(originKey(origin))!.tables;
    expect([approximate, exact]).toEqual(tables.map(({ values }) => values));
  });

  it('takes the pinned row for the removal of keys', async () => {
    patch(app.store, 'edit', { pinnedToken: 5 });
    await app.session.effects.keys();
    expect(resultOf('keys')).toMatchObject({ query: 5, head: HEAD });
    expect(resultOf('keys')!.tokens).toHaveLength(6);
  });
});

describe('a session', () => {
  it('keeps every result, exactly, and shows it without the model', async () => {
    await everything();
    const before = collectState(app.store.getState(), app.cache, app.layout.layout());
    expect(Object.keys(collectEffects(app.store.getState(), app.cache).data.results).toSorted()).toEqual(
      EFFECT_KINDS.toSorted(),
    );
    // What the host checks, as it comes out of a file.
    const written = JSON.parse(JSON.stringify(before)) as typeof before;
    expect(effectsSlice.schema.parse(written['effects']!.data)).toEqual(before['effects']!.data);
    expect(scoresSlice.schema.parse(written['scores']!.data)).toEqual(before['scores']!.data);
    await app.session.files.save('/work/effects.headscope');

    const other = startSession();
    await other.rest();
    other.host.engine.sessions.saved.set(
      '/work/effects.headscope',
      app.host.engine.sessions.saved.get('/work/effects.headscope')!,
    );
    await other.session.files.open('/work/effects.headscope');
    await other.rest();
    for (const kind of EFFECT_KINDS) {
      const id = other.store.getState().effects.results[kind];
      // As JSON: arrays of another realm are none of this one to `toEqual`.
      expect(pack(other.cache.value(effectKey(kind, id!))), kind).toEqual(pack(resultOf(kind)));
    }
    expect(other.store.getState().effects.settings).toEqual(effects().settings);
    expect(collectEffects(other.store.getState(), other.cache)).toEqual(
      collectEffects(app.store.getState(), app.cache),
    );
    expect(collectScores(other.store.getState(), other.cache).data.origins.map(({ kind }) => kind)).toEqual([
      'sweep',
      'sweep',
    ]);
  });

  it('leaves results of another model behind', async () => {
    await app.session.effects.greedy();
    const kept = resultOf('greedy');
    expect(kept).toBeDefined();
    await app.session.openModel('/models/pythia-70m');
    await app.rest();
    expect(effects().results).toEqual({});
  });
});
