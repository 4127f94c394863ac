/** Q, K and LSE of a run, from which every map can be recomputed, in a .safetensors file. */
import { stat } from 'node:fs/promises';
import type { ModelInfo } from '../../shared/model/model-info.ts';
import type { LayerCapture } from '../capture/capture.ts';
import { Checkpoint, type Job } from '../forward/checkpoint.ts';
import type { MapShape } from '../pattern/score-blocks.ts';
import { writeSafetensors, type TensorSource } from '../safetensors/index.ts';
import type { StoredPattern } from './stored-patterns.ts';

export interface RunTensors {
  readonly model: Pick<ModelInfo, 'modelId' | 'name'>;
  readonly shape: MapShape;
  readonly ids: Int32Array;
  readonly layers: readonly Pick<LayerCapture, 'q' | 'k' | 'lse'>[];
  /** Of heads whose maps do not follow from these alone. */
  readonly patterns: readonly StoredPattern[];
}

/** Names and shapes of a layer's tensors. Q and K are after rotation. */
export function layerTensors({ heads, kvHeads, headDim }: MapShape, tokens: number, layer: number) {
  const at = `blocks.${layer}.attn`;
  return [
    { of: 'q', name: `${at}.hook_rot_q`, shape: [tokens, heads, headDim] },
    { of: 'k', name: `${at}.hook_rot_k`, shape: [tokens, kvHeads, headDim] },
    { of: 'lse', name: `${at}.lse`, shape: [heads, tokens] },
  ] as const;
}

/** Numbers of a piece: 16 MiB, a moment on any disk. */
const PIECE = 4 * 2 ** 20;

/**
 * Writes the file, holding one layer's array at a time, and answers its bytes. Metadata, as JSON where it is no text:
 * `pattern` (the formula of a probability), `scale` and `window` of each layer, `heads`, `kv_heads`, `head_dim`, and
 * `patterns` where interventions changed those of single heads (`StoredPattern`; positions as ranges).
 *
 * @throws AppError `io`, CancelledError
 */
export async function writeRunTensors(
  path: string,
  { model, shape, ids, layers, patterns }: RunTensors,
  job: Job,
): Promise<number> {
  const { heads, kvHeads, headDim, scale, slidingWindow } = shape;
  const n = ids.length;
  const checkpoint = new Checkpoint(job, layers.length * n * ((heads + kvHeads) * headDim + heads));
  const tensors = layers.flatMap((layer, index) =>
    layerTensors(shape, n, index).map(({ of, name, shape: dims }): TensorSource => ({
      name,
      dtype: 'F32',
      shape: dims,
      data: pieces(() => layer[of], checkpoint, `Tensors of layer ${index} of ${layers.length}`),
    })),
  );
  await writeSafetensors(path, tensors, {
    model: model.name,
    model_id: model.modelId,
    ids: Array.from(ids).join(' '),
    tokens: String(n),
    pattern:
      'exp(scale[layer] * q . k - lse[head, query]) for key <= query and query - key < window[layer]; 0 elsewhere',
    heads: String(heads),
    kv_heads: String(kvHeads),
    head_dim: String(headDim),
    scale: JSON.stringify(scale),
    softcap: 'null',
    window: JSON.stringify(slidingWindow),
    ...(patterns.length > 0 && { patterns: JSON.stringify(patterns) }),
  });
  return (await stat(path)).size;
}

/** The array is asked for only when its turn has come: it may lie on disk. */
async function* pieces(read: () => Float32Array, checkpoint: Checkpoint, phase: string): AsyncGenerator<Float32Array> {
  const values = read();
  for (let at = 0; at < values.length; at += PIECE) {
    const piece = values.subarray(at, at + PIECE);
    checkpoint.phase = phase;
    await checkpoint.pass(piece.length);
    yield piece;
  }
}
