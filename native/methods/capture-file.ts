/** Arrays of a .safetensors file as layers to select from. */
import { readHeader } from '../safetensors/index.ts';
import { findArrays, findScores, unfit } from './capture-arrays.ts';
import type { LayerData, LayerSource } from './method.ts';

export interface CaptureFile extends LayerSource {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly tokens: number;
  /** Of the model that the layers belong to. */
  readonly layersTotal: number;
  readonly hasGates: boolean;
  readonly hasProbe: boolean;
}

/**
 * Reads `q` [layers, heads, tokens, headDim], `k` and `v` [layers, kvHeads, tokens, headDim], all after rotation, and
 * `gates` [layers, kvHeads], or `echo` and `induction` [layers, heads], where there are any; one layer may come without its
 * axis. In their place it takes what a run's captures hold: `blocks.L.attn.hook_rot_q`, `hook_rot_k` and `hook_v` of any
 * layers. Of the metadata: `scale` on q.k (default: headDim ** -0.5), `layer0`, the index of the first layer,
 * `layers_total`, and `rope_theta`, the base of a rotation of whole heads; of captures `attention_scales` and
 * `attention_windows` by layer of the model, and `rope_frequencies`, angles for each position. One layer is read at a time.
 *
 * @throws AppError `bad-request` for arrays that do not fit, `not-finite` when they are read, `weights-corrupt`, `io`
 */
export async function openCaptureFile(path: string): Promise<CaptureFile> {
  const { tensors, metadata } = await readHeader(path, path);
  const arrays = findArrays(path, tensors);
  const { layers, heads, kvHeads, headDim, tokens } = arrays;
  const scale = numberOf(metadata, 'scale', path) ?? headDim ** -0.5;
  const layer0 = indexOf(metadata, 'layer0', path) ?? 0;
  const indices = arrays.indices ?? Array.from({ length: layers }, (_, at) => layer0 + at);
  const last = indices[layers - 1]!;
  const layersTotal = indexOf(metadata, 'layers_total', path) ?? last + 1;
  if (layersTotal <= last) {
    throw unfit(path, `Layers ${indices[0]!} to ${last} are not all of a model with ${layersTotal}.`);
  }
  const scales = numbersOf(metadata, 'attention_scales', layersTotal, path);
  const windows = numbersOf(metadata, 'attention_windows', layersTotal, path);
  const gates = findScores(path, tensors, 'gates', layers, kvHeads);
  const echo = findScores(path, tensors, 'echo', layers, heads);
  const induction = findScores(path, tensors, 'induction', layers, heads);
  const probe = echo !== undefined && induction !== undefined ? { echo, induction } : null;
  const theta = numberOf(metadata, 'rope_theta', path);
  const frequencies =
    numbersOf(metadata, 'rope_frequencies', headDim / 2, path) ??
    (theta === undefined
      ? null
      : Float64Array.from({ length: Math.floor(headDim / 2) }, (_, i) => theta ** ((-2 * i) / headDim)));
  return {
    indices,
    heads,
    kvHeads,
    headDim,
    tokens,
    layersTotal,
    hasGates: gates !== undefined,
    hasProbe: probe !== null,
    read: async (layer): Promise<LayerData> => {
      const at = indices.indexOf(layer);
      return {
        heads,
        kvHeads,
        headDim,
        tokens,
        q: await arrays.read('q', at),
        k: await arrays.read('k', at),
        v: await arrays.read('v', at),
        scale: scales?.[layer] ?? scale,
        // 0: no window.
        window: windows?.[layer] || null,
        ...(gates && { gates: await gates(at) }),
        ...(probe && { probe: { echo: await probe.echo(at), induction: await probe.induction(at) } }),
        ...(frequencies && { frequencies }),
      };
    },
  };
}

function numberOf(metadata: ReadonlyMap<string, string>, name: string, path: string): number | undefined {
  const text = metadata.get(name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw unfit(path, `The metadata ${name} is “${text}”, no number.`);
}

/** Separated by spaces. */
function numbersOf(
  metadata: ReadonlyMap<string, string>,
  name: string,
  count: number,
  path: string,
): Float64Array | undefined {
  const text = metadata.get(name);
  if (text === undefined) return undefined;
  const values = Float64Array.from(text.trim().split(/\s+/), Number);
  if (values.length === count && values.every(Number.isFinite)) return values;
  throw unfit(path, `The metadata ${name} is not ${count} numbers.`);
}

function indexOf(metadata: ReadonlyMap<string, string>, name: string, path: string): number | undefined {
  const value = numberOf(metadata, name, path);
  if (value === undefined || (Number.isInteger(value) && value >= 0 && value < 1e6)) return value;
  throw unfit(path, `The metadata ${name} is ${value}; a whole number was expected.`);
}
