/** How a method shares its keys out over layers and heads. Pure. */
import { mean } from 'd3';

export interface BudgetShares {
  /** Mean over the heads of each layer, and theirs. */
  readonly layers: readonly { readonly mean: number; readonly heads: readonly number[] }[];
  /** What every head would read if all read alike. */
  readonly uniform: number;
  /** Over all heads. */
  readonly total: number;
  /** Largest over mean: of heads, and of layers. 1 = all alike; 0 where nothing is read. */
  readonly imbalance: number;
  readonly layerImbalance: number;
}

/** `read`: keys by head, [layers x heads]. */
export function budgetShares(read: ArrayLike<number>, heads: number): BudgetShares {
  const all = Array.from(read);
  const layers = Array.from({ length: all.length / heads }, (_, layer) => {
    const own = all.slice(layer * heads, (layer + 1) * heads);
    return { mean: mean(own) ?? 0, heads: own };
  });
  const uniform = mean(all) ?? 0;
  const over = (most: number) => (uniform === 0 ? 0 : most / uniform);
  return {
    layers,
    uniform,
    total: all.reduce((sum, keys) => sum + keys, 0),
    imbalance: over(Math.max(...all)),
    layerImbalance: over(Math.max(...layers.map((layer) => layer.mean))),
  };
}
