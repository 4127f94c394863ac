/**
 * What a model family is to the engine: numbers read from config.json, and the graph of everything that is not
 * attention itself. One adapter per file; adding one touches that file and the index.
 */
import type { GraphBuilder, Value } from '../onnx/graph-builder.ts';
import type { ConfigReader } from './config-reader.ts';
import type { RopeSpec } from './rope.ts';
import type { GraphWeights } from './graph-weights.ts';
import type { WeightLayout } from './weight-layout.ts';

export interface Architecture {
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly dModel: number;
  readonly vocabSize: number;
  /** Longest prompt in tokens. */
  readonly context: number;
  /** Factor on q.k before the softmax, per layer. */
  readonly scale: readonly number[];
  /** Keys that a query sees in each layer, itself included; null = all before it. */
  readonly slidingWindow: readonly (number | null)[];
  /** null = learned absolute positions. */
  readonly rope: RopeSpec | null;
  readonly blocks: Blocks;
}

/** Cosine and sine rows of the chunk, [rows, headDim / 2]; absent without rotary embedding. */
export interface RopeValues {
  readonly cos: Value;
  readonly sin: Value;
}

/** [rows, heads x headDim] for q, [rows, kvHeads x headDim] for k and v. */
export interface AttentionInputs {
  readonly qRaw: Value;
  readonly kRaw: Value;
  readonly q: Value;
  readonly k: Value;
  readonly v: Value;
}

/** The position-wise parts. Every value is [rows, ...], so a graph of them runs over any block of rows. */
export interface Blocks {
  /** ids, positions: int64 [rows]. Residual entering layer 0, [rows, dModel]. */
  embed(g: GraphBuilder, w: GraphWeights, ids: Value, positions: Value): Value;
  /** Norm, projections, rotation. `qRaw`, `kRaw` are before RoPE (after QK-norm), as hook_q and hook_k. */
  attentionInputs(
    g: GraphBuilder,
    w: GraphWeights,
    layer: number,
    resid: Value,
    rope: RopeValues | null,
  ): AttentionInputs;
  /** z [rows, heads x headDim] -> what attention adds to the residual. */
  attentionOutput(g: GraphBuilder, w: GraphWeights, layer: number, z: Value): Value;
  /** Residual after attention -> what the MLP adds to it. */
  mlp(g: GraphBuilder, w: GraphWeights, layer: number, residMid: Value): Value;
  /** `scaleFrom`: a residual [rows, dModel] whose scale is used in place of the own one's. */
  finalNorm(g: GraphBuilder, w: GraphWeights, resid: Value, scaleFrom?: Value): Value;
  unembed(g: GraphBuilder, w: GraphWeights, normalized: Value): Value;
  /** Where the matrices of the graphs lie, for what reads the weights themselves. `w`: tells which names there are. */
  layout(w: GraphWeights): WeightLayout;
}

export interface Family {
  /** `llama`, `qwen2`, ... */
  readonly id: string;
  readonly name: string;
  /** Values of `model_type` and `architectures[0]` in config.json. */
  readonly modelTypes: readonly string[];
  readonly architectures: readonly string[];
  /** Throws `config-invalid` or `unsupported-config`. */
  read(config: ConfigReader): Architecture;
}
