/**
 * What the stand-in for the engine answers when it is asked for sweeps and patching: effects that grow with what is
 * changed, from the same made-up strength of every head, so that orders, sums and recoveries agree with each other.
 */
import { AppError, CancelledError } from '../../shared/base/app-error.ts';
import { createPrng } from '../../shared/base/prng.ts';
import type { CallContext, Handlers } from '../../shared/contract/handlers.ts';
import type { Prompt, RunSummary, Tokenized } from '../../shared/contract/methods.ts';
import type { AlignedPair, Effect, PatchResult, SweepWork } from '../../shared/model/effect.ts';
import { EFFECT_METRICS, type ComparedTokens, type EffectMetric } from '../../shared/model/effect.ts';
import { finiteDifferenceError } from '../../shared/model/finite-difference.ts';
import { groupOf, type HeadId } from '../../shared/model/head-id.ts';
import { interventionKind } from '../../shared/model/intervention-kinds/index.ts';
import { headsAt, type Place, type PlaceKind } from '../../shared/model/place.ts';
import { makeScoreTable } from '../../shared/model/testing/score-table.ts';

export interface FakeEffectsOptions {
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  /** Throws `unknown-run`. */
  readonly summary: (runId: string) => RunSummary;
  readonly tokenize: (prompt: Prompt) => Tokenized;
  /** Pause before each forward. */
  readonly stepMs: number;
}

type Answered =
  | 'run.keyRemovals'
  | `sweep.${'heads' | 'greedy' | 'dose' | 'random' | 'accuracy' | 'importance'}`
  | `patch.${'align' | 'run' | 'paths'}`
  | 'task.list';

export function createFakeEffects(options: FakeEffectsOptions): Handlers<Answered> {
  const { layers, heads, kvHeads, summary, tokenize, stepMs } = options;
  const model = { layers, heads, kvHeads };
  const random = createPrng(41);
  /** What zeroing the head alone does to the mean KL, nats: a few heads matter. */
  const strengths = Float64Array.from({ length: layers * heads }, () => 2 * random.next() ** 6);
  const strength = ({ layer, head }: HeadId): number => strengths[layer * heads + head]!;
  const allHeads = Array.from({ length: layers * heads }, (_, at) => ({
    layer: Math.floor(at / heads),
    head: at % heads,
  }));
  const placesOf = (kind: PlaceKind): Place[] => {
    if (kind === 'head') return allHeads;
    if (kind === 'layer') return Array.from({ length: layers }, (_, layer) => ({ layer }));
    return Array.from({ length: layers * kvHeads }, (_, at) => ({
      layer: Math.floor(at / kvHeads),
      kvHead: at % kvHeads,
    }));
  };
  const effectOf = (size: number, sign = 1): Effect => ({
    kl: size,
    'kl-last': 1.5 * size,
    nll: 0.4 * sign * size,
    'logit-difference': -2 * sign * size,
    agreement: Math.exp(-size),
  });
  const effectOfHeads = (set: readonly HeadId[]): Effect =>
    effectOf(set.reduce((sum, head) => sum + strength(head), 0));
  const work = (forwards: number): SweepWork => ({ forwards, milliseconds: 12 * forwards, flopBound: 1.9 });
  const targetOf = (runId: string, position: number | null): ComparedTokens => {
    const { next, ids } = summary(runId);
    const [first, second] = next;
    return {
      position: position ?? ids.length - 1,
      token: { id: first?.id ?? 0, display: first?.display ?? '#0' },
      against: { id: second?.id ?? 1, display: second?.display ?? '#1' },
      difference: 2.5,
    };
  };

  async function steps(total: number, context: CallContext, phase: (step: number) => string): Promise<void> {
    for (let done = 0; done < total; done++) {
      context.progress({ phase: phase(done), done, total, etaMs: (total - done) * stepMs });
      if (context.signal.aborted) throw new CancelledError();
      if (stepMs > 0) await new Promise((resolve) => setTimeout(resolve, stepMs));
    }
    if (context.signal.aborted) throw new CancelledError();
  }

  /** Equal tokens at equal places, which is what replacing words leaves. */
  function align(clean: Prompt, corrupted: Prompt): AlignedPair {
    const [one, other] = [tokenize(clean), tokenize(corrupted)];
    const shift = other.ids.length - one.ids.length;
    const partners = Int32Array.from(one.ids, (_, at) => (shift === 0 || at < other.ids.length ? at : -1));
    return { clean: one.tokens, corrupted: other.tokens, partners };
  }

  const patched = (pair: AlignedPair) => {
    const differs = pair.clean.some(({ id }, at) => id !== pair.corrupted[pair.partners[at]!]?.id);
    return { clean: 3.5, corrupted: differs ? -3.5 : 3.5 };
  };

  return {
    'run.keyRemovals': async ({ layer, head, query }) => {
      const length = query + 1;
      const prng = createPrng(layer, head, query);
      const raw = Float32Array.from({ length }, () => prng.next() ** 8 + 1e-4);
      const total = raw.reduce((sum, value) => sum + value, 0);
      const weight = raw.map((value) => value / total);
      return Promise.resolve({
        weight,
        deviation: weight.map((p) => (2 * p) / (1 - p)),
        relative: weight.map((p) => p / (1 - p)),
        logit: weight.map((p, key) => (key % 3 === 0 ? -1 : 1) * p * 3),
        token: { id: 1, display: '·copper' },
        against: { id: 2, display: '·silver' },
      });
    },
    'sweep.heads': async ({ runId, change, places, target }, context) => {
      const { name, sources } = interventionKind(change.what);
      const isMissing = (sources === 'one' || sources === 'many') && !change.source;
      if (isMissing) throw new AppError('bad-request', `${name} needs another prompt.`);
      const run = summary(runId);
      const all = placesOf(places);
      await steps(all.length, context, (step) => `Forward ${step + 1} of ${all.length}`);
      // What is zeroed already has nothing left to take.
      const gone = new Set(
        run.interventions.flatMap(({ where }) => headsAt(where, model)).map(({ layer, head }) => layer * heads + head),
      );
      const values = (metric: EffectMetric) =>
        Float64Array.from(allHeads, (head, at) => {
          const own = {
            head,
            'kv-group': { layer: head.layer, kvHead: groupOf(head.head, heads, kvHeads) },
            layer: { layer: head.layer },
          }[places];
          const left = headsAt(own, model).filter((one) => !gone.has(one.layer * heads + one.head));
          return gone.has(at) && places === 'head' ? effectOf(0)[metric] : effectOfHeads(left)[metric];
        });
      return {
        target: targetOf(runId, target.position),
        tables: EFFECT_METRICS.map((metric) =>
          makeScoreTable(`effect-${metric}`, values(metric), {
            name: `Effect, ${metric}`,
            group: 'attribution',
            unit: metric === 'agreement' ? 'share' : metric === 'logit-difference' ? 'logits' : 'nats',
            badge: 'propagated',
            cost: 'forwards',
            domain:
              metric === 'nll' || metric === 'logit-difference' ? [null, null] : [0, metric === 'agreement' ? 1 : null],
          }),
        ),
        work: work(all.length),
      };
    },
    'sweep.greedy': async ({ runId, places, metric, count, target }, context) => {
      const all = placesOf(places);
      const wanted = Math.min(count, all.length);
      await steps(wanted, context, (step) => `Head ${step + 1} of ${wanted}`);
      const size = (place: Place) => headsAt(place, model).reduce((sum, head) => sum + strength(head), 0);
      const order = all.toSorted((a, b) => size(b) - size(a)).slice(0, wanted);
      let sum = 0;
      return {
        target: targetOf(runId, target.position),
        metric,
        steps: order.map((place) => ({ place, effect: effectOf((sum += size(place))) })),
        work: work(wanted * all.length),
      };
    },
    'sweep.dose': async ({ runId, place, factors, target }, context) => {
      await steps(factors.length, context, (step) => `Factor ${step + 1} of ${factors.length}`);
      const size = headsAt(place, model).reduce((sum, head) => sum + strength(head), 0);
      return {
        target: targetOf(runId, target.position),
        factors: Float64Array.from(factors),
        effects: factors.map((factor) => effectOf(size * (1 - factor) ** 2, Math.sign(1 - factor) || 1)),
        work: work(factors.length),
      };
    },
    'sweep.random': async ({ runId, heads: set, draws, seed, target }, context) => {
      await steps(draws + 1, context, (step) => `Draw ${step} of ${draws}`);
      const prng = createPrng(seed, 7);
      const drawn = Array.from({ length: draws }, () => {
        const chosen = prng.shuffle(allHeads).slice(0, set.length);
        return { heads: chosen, effect: effectOfHeads(chosen) };
      });
      const effect = effectOfHeads(set);
      const intervalOf = (metric: EffectMetric) => {
        const sorted = drawn.map((draw) => draw.effect[metric]).sort((a, b) => a - b);
        const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))]!;
        const below = sorted.filter((value) => Math.abs(value) < Math.abs(effect[metric])).length / sorted.length;
        return { low: at(0.025), high: at(0.975), below };
      };
      const interval = Object.fromEntries(EFFECT_METRICS.map((metric) => [metric, intervalOf(metric)]));
      return {
        target: targetOf(runId, target.position),
        effect,
        draws: drawn,
        interval: interval as Record<EffectMetric, ReturnType<typeof intervalOf>>,
        work: work(draws + 1),
      };
    },
    'sweep.importance': async ({ epsilon, signed }, context) => {
      await steps(layers * heads, context, (step) => `Head ${step + 1} of ${layers * heads}`);
      const exact = strengths.map((value, at) => (at % 5 === 0 && signed ? -value : value));
      // The slope at the gate misses what bends further down.
      const approximate = exact.map((value, at) => value * (0.6 + 0.1 * (at % 7)));
      const table = (id: string, name: string, values: Float64Array) =>
        makeScoreTable(id, values, { name, group: 'attribution', unit: 'nats', badge: 'propagated', cost: 'forwards' });
      return {
        epsilon,
        approximate: table('michel', 'Importance, finite difference', approximate),
        exact: table('leave-one-out', 'Importance, exact', exact),
        error: finiteDifferenceError(approximate, exact),
        work: work(2 * layers * heads),
      };
    },
    'sweep.accuracy': async ({ task, change, ranking, counts, draws, samples }, context) => {
      const points = [...new Set([0, ...counts])].sort((a, b) => a - b);
      await steps(points.length, context, (step) => `${points[step]} heads`);
      const accuracy = (set: readonly HeadId[]) => Math.exp(-2 * set.reduce((sum, head) => sum + strength(head), 0));
      const prng = createPrng(3);
      const around = (value: number, by: number) => ({ low: Math.max(0, value - by), high: Math.min(1, value + by) });
      return {
        task,
        badge: 'generated',
        change,
        ranking,
        ranked: points.map((count) => {
          const value = accuracy(ranking.slice(0, count));
          return { heads: count, accuracy: value, ...around(value, 0.1), prompts: samples, draws: 1 };
        }),
        random: points
          .map((count) => {
            const value = draws === 0 ? NaN : accuracy(prng.shuffle(allHeads).slice(0, count)) ** 0.5;
            return { heads: count, accuracy: value, ...around(value, 0.2), prompts: samples, draws };
          })
          .filter(() => draws > 0),
      };
    },
    'patch.align': async ({ clean, corrupted }) => Promise.resolve(align(clean, corrupted)),
    'patch.run': async ({ clean, corrupted, direction, hook, grid, heads: only }, context): Promise<PatchResult> => {
      const pair = align(clean, corrupted);
      const ends = patched(pair);
      const positions = grid === 'head' ? 1 : (direction === 'denoise' ? pair.corrupted : pair.clean).length;
      const columns = grid === 'layer-position' ? 1 : heads;
      await steps(layers, context, (step) => `Layer ${step + 1} of ${layers}`);
      const chosen = new Set((only ?? allHeads).map(({ layer, head }) => layer * heads + head));
      const count = layers * columns * positions;
      const full = Math.max(...strengths);
      const recovery = Float64Array.from({ length: count }, (_, at) => {
        const [position, cell] = [at % positions, Math.floor(at / positions)];
        const [layer, head] = [Math.floor(cell / columns), cell % columns];
        if (ends.clean === ends.corrupted) return NaN;
        if (grid !== 'layer-position' && !chosen.has(layer * heads + head)) return NaN;
        if (grid === 'layer-position')
          return position === positions - 1 ? (layer + 1) / layers : position === 2 ? 1 - layer / layers : 0;
        const share = strength({ layer, head }) / full;
        const amount = positions === 1 ? share : position === positions - 1 ? share : 0;
        return direction === 'denoise' ? amount : 1 - amount;
      });
      return {
        pair,
        direction,
        hook,
        grid,
        shape: [layers, columns, positions],
        recovery,
        values: recovery.map((value) => ends.corrupted + value * (ends.clean - ends.corrupted)),
        token: { id: 1, display: '·copper' },
        against: { id: 2, display: '·silver' },
        ...ends,
        work: work(count),
      };
    },
    'patch.paths': async ({ clean, corrupted, direction, sender, mlps }, context) => {
      const pair = align(clean, corrupted);
      await steps(3, context, (step) => `Input ${step + 1} of 3`);
      const part = (seed: number) =>
        Float64Array.from(allHeads, (head) =>
          head.layer <= sender.layer ? NaN : (strength(head) * createPrng(seed, head.layer, head.head).next()) / 2,
        );
      return {
        pair,
        direction,
        sender,
        mlps,
        logits: 0.18,
        q: part(1),
        k: part(2),
        v: part(3),
        token: { id: 1, display: '·copper' },
        against: { id: 2, display: '·silver' },
        ...patched(pair),
        work: work(3 * layers * heads),
      };
    },
    'task.list': async () =>
      Promise.resolve({
        tasks: [
          {
            id: 'needle',
            name: 'Needle',
            definition: 'A sentence hidden in prose, asked for at the end.',
            source: 'Synthetic',
            parameters: [
              { id: 'length', name: 'Length', meaning: 'Tokens.', default: 256, min: 32, max: 1024, integer: true },
              { id: 'depth', name: 'Depth', meaning: 'Where.', default: 0.5, min: 0, max: 1, integer: false },
            ],
            metric: 'exact-match',
            unavailable: null,
          },
        ],
      }),
  };
}
