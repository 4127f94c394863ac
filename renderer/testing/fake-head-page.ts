/** What the stand-in for the engine answers about one head and its likes. */
import { createPrng } from '../../shared/base/prng.ts';
import type { Handlers } from '../../shared/contract/handlers.ts';
import { sortedByScore } from '../../shared/view/atlas/head-order.ts';

export interface FakeHeadPageOptions {
  readonly layers: number;
  readonly heads: number;
  /** Throws `unknown-run`. */
  readonly find: (runId: string) => unknown;
}

type Answered = 'model.composition' | 'run.distances' | 'run.descriptors' | 'run.attribution';

const NEAREST = 5;
const FEATURES = ['previous', 'self', 'entropy'];
const BINS = 8;

export function createFakeHeadPage({ layers, heads, find }: FakeHeadPageOptions): Handlers<Answered> {
  const count = layers * heads;
  return {
    'model.composition': async ({ layer, head, kind }) => {
      const random = createPrng(layer * 97 + head * 7 + kind.charCodeAt(0));
      const values = Float64Array.from({ length: count }, (_, at) =>
        Math.floor(at / heads) === layer ? NaN : random.next() * 0.3,
      );
      return Promise.resolve({ values, floor: 0.06 });
    },
    'run.distances': async ({ runId }) => {
      find(runId);
      return Promise.resolve({ bins: BINS, values: new Float32Array(count * BINS).fill(1 / BINS) });
    },
    'run.descriptors': async ({ runId }) => {
      find(runId);
      const random = createPrng(5);
      const values = Float64Array.from({ length: count * FEATURES.length }, () => random.next() * 2 - 1);
      const apart = (a: number, b: number) =>
        Math.hypot(...FEATURES.map((_, i) => values[a * FEATURES.length + i]! - values[b * FEATURES.length + i]!));
      const most = Math.min(NEAREST, count - 1);
      const nearest = new Int32Array(count * most);
      const distances = new Float64Array(count * most);
      for (let at = 0; at < count; at++) {
        const all = Float64Array.from({ length: count }, (_, other) => (other === at ? NaN : apart(at, other)));
        const order = sortedByScore(all, 'ascending').slice(0, most);
        nearest.set(order, at * most);
        distances.set(
          order.map((other) => all[other]!),
          at * most,
        );
      }
      return Promise.resolve({
        features: FEATURES,
        dropped: [],
        values,
        nearest,
        distances,
        clusters: Int32Array.from({ length: count }, (_, at) => at % 3),
        silhouette: 0.42,
        stability: 0.91,
      });
    },
    'run.attribution': async ({ runId, position, token, against }) => {
      find(runId);
      const random = createPrng(position * 31 + token);
      const parts = (length: number) => Float64Array.from({ length }, () => random.next() - 0.5);
      const [own, mlps] = [parts(count), parts(layers)];
      const embedding = 0.25;
      const sum = [...own, ...mlps].reduce((all, value) => all + value, embedding);
      return Promise.resolve({
        position,
        token,
        against,
        heads: own,
        attentionBias: new Float64Array(layers),
        mlps,
        embedding,
        bias: 0,
        sum,
        logit: sum,
      });
    },
  };
}
