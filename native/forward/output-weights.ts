/** W_O of a layer, as the graph of the open model's family has it: what each dimension of z writes, without the bias. */
import type { Architecture } from '../families/family.ts';
import type { GraphWeights } from '../families/graph-weights.ts';
import { GraphBuilder } from '../onnx/graph-builder.ts';
import { createSession } from '../ort/session.ts';

export interface OutputWeightsModel {
  readonly architecture: Architecture;
  readonly weights: GraphWeights;
  readonly weightsFolder: string;
}

/** [heads, headDim, dModel]. Blocks for one product of that size by heads x headDim. */
export async function outputWeights(
  { architecture, weights, weightsFolder }: OutputWeightsModel,
  layer: number,
  threads: number,
): Promise<Float32Array> {
  const { heads, headDim, dModel, blocks } = architecture;
  const width = heads * headDim;
  const g = new GraphBuilder();
  const z = g.input('z', 'float32', ['rows', width]);
  g.output('written', blocks.attentionOutput(g, weights, layer, z), 'float32', ['rows', dModel]);
  const session = await createSession(g.build('output-weights'), { threads, externalFolder: weightsFolder });
  // One row a dimension, and a last one of nothing, which writes the bias.
  const rows = new Float32Array((width + 1) * width);
  for (let d = 0; d < width; d++) rows[d * width + d] = 1;
  const out = await session.run({ z: { data: rows, dims: [width + 1, width] } });
  await session.dispose();
  const written = out['written'] as Float32Array;
  const bias = written.subarray(width * dModel);
  return written.subarray(0, width * dModel).map((value, at) => value - bias[at % dModel]!);
}
