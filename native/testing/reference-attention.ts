/** Attention in float64, row by row, straight from the definition, with everything that the kernel may tell of it. */
import type { AttentionInput, AttentionShape } from '../attention/kernel.ts';
import { NO_MASK, type MaskSpec } from '../attention/mask.ts';
import {
  DISTANCE_BINS,
  HISTOGRAM_BINS,
  LOCAL_WIDTHS,
  poolBlock,
  poolCells,
  SINK_KEYS,
} from '../attention/statistics.ts';

/** The definition of each mask, one cell at a time. */
export function sees(mask: MaskSpec, tokens: number, query: number, row: number, key: number): boolean {
  switch (mask.kind) {
    case 'sink-window':
      return key < mask.sink || query - key < mask.window;
    case 'kept-keys':
      return query < mask.from || key >= mask.from || mask.keys.includes(key);
    case 'blocks': {
      const side = Math.ceil(tokens / mask.size);
      return mask.kept[Math.floor(query / mask.size) * side + Math.floor(key / mask.size)] !== 0;
    }
    case 'row-keys':
      return mask.keys.subarray(mask.offsets[row], mask.offsets[row + 1]).includes(key);
  }
}

export type ReferenceAttention = ReturnType<typeof referenceAttention>;

export function referenceAttention({ heads, kvHeads, headDim }: AttentionShape, input: AttentionInput) {
  const { tokens, queryStart, extra } = input;
  const rows = tokens - queryStart;
  const perRow = () => new Float64Array(heads * rows);
  const perWidth = () => new Float64Array(heads * rows * LOCAL_WIDTHS.length);
  const out = {
    z: new Float64Array(rows * heads * headDim),
    lse: perRow().fill(-Infinity),
    entropy: perRow(),
    rowMax: perRow(),
    /** Probabilities of all cells, [heads, rows, tokens]. */
    p: new Float64Array(heads * rows * tokens),
    meanDistance: perRow(),
    sinkMass: perRow(),
    localMass: perWidth(),
    columnSum: new Float64Array(heads * tokens),
    distance: new Float64Array(heads * DISTANCE_BINS),
    maskedRows: new Float64Array(heads),
    poolMax: new Float64Array(heads * poolCells(tokens)),
    poolSum: new Float64Array(heads * poolCells(tokens)),
    sumSquares: perRow(),
    histogram: new Float64Array(heads * HISTOGRAM_BINS),
    targetMass: perRow(),
    weightedMass: perRow(),
    keptMass: perRow(),
    matchMass: (input.extra?.matches ?? []).map(perRow),
    gini: perRow(),
    topWidth: perRow(),
    restMass: perRow(),
    restEntropy: perRow(),
    restMeanDistance: perRow(),
    restLocalMass: perWidth(),
    maxScore: 0,
  };
  const block = poolBlock(tokens);
  const isSink = (key: number) => extra?.sinkFree?.includes(key) === true;
  for (let h = 0; h < heads; h++) {
    const group = Math.floor(h / (heads / kvHeads));
    const mask = input.masks?.[h] ?? NO_MASK;
    for (let row = 0; row < rows; row++) {
      const i = queryStart + row;
      const at = h * rows + row;
      const counts = input.counted === null || input.counted[row] !== 0;
      const seen: { j: number; score: number; p: number }[] = [];
      for (let j = Math.max(0, i - (input.window ?? tokens) + 1); j <= i; j++) {
        if (!sees(mask, tokens, i, row, j)) continue;
        let dot = 0;
        for (let d = 0; d < headDim; d++) {
          dot += input.q[(row * heads + h) * headDim + d]! * input.k[(j * kvHeads + group) * headDim + d]!;
        }
        const score = dot * input.scale;
        const cap = input.softcap;
        seen.push({ j, score: cap === null ? score : cap * Math.tanh(score / cap), p: 0 });
        out.maxScore = Math.max(out.maxScore, Math.abs(score));
      }
      if (seen.length === 0) {
        if (counts) out.maskedRows[h]! += 1;
        continue;
      }
      const top = Math.max(...seen.map(({ score }) => score));
      const sum = seen.reduce((total, { score }) => total + Math.exp(score - top), 0);
      out.lse[at] = top + Math.log(sum);
      for (const cell of seen) cell.p = Math.exp(cell.score - top) / sum;
      for (const { j, p } of seen) {
        out.p[at * tokens + j] = p;
        for (let d = 0; d < headDim; d++) {
          out.z[(row * heads + h) * headDim + d]! +=
            p * input.v[(j * kvHeads + group) * headDim + d]! * (input.gain?.[h] ?? 1);
        }
        if (j < SINK_KEYS) out.sinkMass[at]! += p;
        extra?.matches?.forEach(({ rows: rowClass, keys, self }, list) => {
          if (rowClass[row] === keys[j] && (self || j < i)) out.matchMass[list]![at]! += p;
        });
        out.sumSquares[at]! += p * p;
        out.weightedMass[at]! += p * (extra?.keyWeights?.[h * tokens + j] ?? 0);
        if (extra?.keptUnder && sees(extra.keptUnder[h]!, tokens, i, row, j)) out.keptMass[at]! += p;
        const targets = extra?.targets;
        const listed = targets?.keys.subarray(targets.offsets[row], targets.offsets[row + 1]) ?? [];
        for (const key of listed) if (key === j) out.targetMass[at]! += p;
        if (!counts) continue;
        out.columnSum[h * tokens + j]! += p;
        out.distance[h * DISTANCE_BINS + (i === j ? 0 : Math.floor(Math.log2(i - j)) + 1)]! += p;
        const [poolRow, poolColumn] = [Math.floor(i / block), Math.floor(j / block)];
        const cell = h * poolCells(tokens) + (poolRow * (poolRow + 1)) / 2 + poolColumn;
        out.poolMax[cell] = Math.max(out.poolMax[cell]!, p);
        out.poolSum[cell]! += p;
        const bin = Math.min(HISTOGRAM_BINS - 1, Math.floor(-4 * Math.log2(p)));
        if (p > 0) out.histogram[h * HISTOGRAM_BINS + bin]! += 1;
      }
      const describe = (cells: readonly { j: number; p: number }[]) => {
        const mass = cells.reduce((total, { p }) => total + p, 0);
        const share = cells.map(({ j, p }) => ({ distance: i - j, p: mass > 0 ? p / mass : 0 }));
        return {
          mass,
          entropy: share.reduce((total, { p }) => (p > 0 ? total - p * Math.log(p) : total), 0),
          meanDistance: share.reduce((total, { distance, p }) => total + p * distance, 0),
          local: LOCAL_WIDTHS.map((width) => share.reduce((t, { distance, p }) => t + (distance < width ? p : 0), 0)),
        };
      };
      const all = describe(seen);
      const rest = describe(seen.filter(({ j }) => !isSink(j)));
      out.entropy[at] = all.entropy;
      out.meanDistance[at] = all.meanDistance;
      out.rowMax[at] = Math.max(...seen.map(({ p }) => p));
      const ascending = seen.map(({ p }) => p).sort((a, b) => a - b);
      const n = ascending.length;
      out.gini[at] = n === 1 ? 0 : ascending.reduce((sum, p, r) => sum + (2 * (r + 1) - n - 1) * p, 0) / (n - 1);
      let covered = 0;
      while (covered < (extra?.spread?.topP ?? 1) - 1e-9) covered += ascending[n - 1 - out.topWidth[at]!++]!;
      out.restMass[at] = rest.mass;
      out.restEntropy[at] = rest.entropy;
      out.restMeanDistance[at] = rest.meanDistance;
      LOCAL_WIDTHS.forEach((_, width) => {
        out.localMass[(h * LOCAL_WIDTHS.length + width) * rows + row] = all.local[width]!;
        out.restLocalMass[(h * LOCAL_WIDTHS.length + width) * rows + row] = rest.local[width]!;
      });
    }
  }
  return out;
}
