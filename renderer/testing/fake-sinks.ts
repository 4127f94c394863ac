import type { SinkReport } from '../../shared/model/sinks.ts';
import type { SinkShape } from '../../shared/view/sinks/sink-readings.ts';

/** A report in which later layers rest on key 0, and the second half of the heads of the last one on key 2 as well. */
export function fakeSinks(tokens: number, { layers, heads, kvHeads }: SinkShape, threshold: number): SinkReport {
  const positions = Int32Array.from([0, 2].filter((position) => position < tokens));
  const importanceOf = (position: number, layer: number, head: number): number => {
    if (position === 0) return 0.01 + layer / layers + (0.2 * head) / heads;
    return layer === layers - 1 && head >= heads / 2 ? 0.45 : 0.05;
  };
  const each = <T>(make: (position: number, layer: number, head: number) => T, perLayer: number): T[] =>
    [...positions].flatMap((position) =>
      Array.from({ length: layers * perLayer }, (_, at) => make(position, Math.floor(at / perLayer), at % perLayer)),
    );
  const share = new Float32Array(layers * tokens);
  const rate = new Float32Array(tokens);
  for (const position of positions) {
    for (let layer = 0; layer < layers; layer++) {
      const resting = Array.from({ length: heads }, (_, head) => importanceOf(position, layer, head));
      const count = resting.filter((importance) => importance > threshold).length;
      share[layer * tokens + position] = count / heads;
      rate[position]! += count / heads / layers;
    }
  }
  const norm = (position: number, layer: number) => (position === 0 ? 4 * 3 ** layer : 4 + layer);
  const residualNorm = [...positions].flatMap((position) =>
    Array.from({ length: layers + 1 }, (_, layer) => norm(position, layer)),
  );
  return {
    threshold,
    share,
    rate,
    floor: 0.1,
    leastRows: 16,
    positions,
    importance: Float32Array.from(each(importanceOf, heads)),
    valueDrain: Float32Array.from(each((position) => (position === 0 ? 0.05 : 0.6), kvHeads)),
    valueNorm: Float32Array.from(each((position) => (position === 0 ? 0.1 : 1.2), kvHeads)),
    keyNorm: Float32Array.from(each((position) => (position === 0 ? 9 : 6), kvHeads)),
    meanValueNorm: new Float32Array(layers * kvHeads).fill(2),
    meanKeyNorm: new Float32Array(layers * kvHeads).fill(6),
    cosine: Float32Array.from(each((position) => (position === 0 ? 0.7 : 0.2), heads)),
    residualNorm: Float32Array.from(residualNorm),
    meanResidualNorm: Float32Array.from({ length: layers + 1 }, (_, layer) => 4 + layer),
    massive: [{ layer: 2, position: 0, dimension: 17, value: -212, ratio: 2400, overRms: 15 }],
    largest: [{ layer: 0, position: 0, dimension: 17, value: 3.2, ratio: 12, overRms: 4 }],
  };
}
