/**
 * Rotary position embedding: inverse frequencies and cos/sin tables, computed in float64.
 *
 * Rotation pairs dimension i with i + headDim/2 ("rotate half", the layout of Hugging Face weights). The scalings are
 * those of transformers' `modeling_rope_utils`: linear (position interpolation), dynamic NTK, YaRN (arXiv 2309.00071)
 * and llama3.
 */
import { unsupported, type ConfigReader, type JsonObject } from './config-reader.ts';
import { AppError } from '../../shared/base/app-error.ts';

export type RopeScaling =
  | { readonly kind: 'none' }
  | { readonly kind: 'linear'; readonly factor: number }
  | { readonly kind: 'dynamic'; readonly factor: number; readonly original: number }
  | {
      readonly kind: 'yarn';
      readonly factor: number;
      readonly original: number;
      readonly betaFast: number;
      readonly betaSlow: number;
      readonly truncate: boolean;
      /** Multiplies cos and sin. */
      readonly attentionFactor: number;
    }
  | {
      readonly kind: 'llama3';
      readonly factor: number;
      readonly lowFrequencyFactor: number;
      readonly highFrequencyFactor: number;
      readonly original: number;
    };

export interface RopeSpec {
  readonly theta: number;
  readonly headDim: number;
  readonly scaling: RopeScaling;
}

/** cos and sin, [positions, headDim / 2] row-major. */
export interface RopeTables {
  readonly cos: Float32Array;
  readonly sin: Float32Array;
}

/** Reads `rope_theta` with `rope_scaling`, or the newer `rope_parameters` that holds both. */
export function readRope(config: ConfigReader, headDim: number, maxPositions: number): RopeSpec {
  const parameters = config.object('rope_parameters');
  const scaling = config.object('rope_scaling') ?? parameters;
  const nestedTheta = parameters?.['rope_theta'];
  const theta =
    nestedTheta === undefined
      ? config.number('rope_theta', { fallback: 10_000 })
      : numberField(parameters!, 'rope_theta', undefined);
  config.demand(
    'partial_rotary_factor',
    [1],
    'part of each head would stay unrotated, which this family does not support.',
  );
  if (scaling?.['partial_rotary_factor'] !== undefined && scaling['partial_rotary_factor'] !== 1) {
    throw unsupported('config.json asks for a partial rotary embedding.', 'Open a model that rotates whole heads.');
  }
  if (headDim % 2 !== 0) throw config.invalid('head_dim', 'even, because rotary embedding pairs its dimensions');
  return { theta, headDim, scaling: scaling === undefined ? { kind: 'none' } : readScaling(scaling, maxPositions) };
}

function readScaling(fields: JsonObject, maxPositions: number): RopeScaling {
  const kind = fields['rope_type'] ?? fields['type'] ?? 'default';
  const original = numberField(fields, 'original_max_position_embeddings', maxPositions);
  switch (kind) {
    case 'default':
      return { kind: 'none' };
    case 'linear':
      return { kind: 'linear', factor: numberField(fields, 'factor', undefined) };
    case 'dynamic':
      return { kind: 'dynamic', factor: numberField(fields, 'factor', undefined), original: maxPositions };
    case 'yarn': {
      const factor = numberField(fields, 'factor', maxPositions / original);
      return {
        kind: 'yarn',
        factor,
        original,
        betaFast: numberField(fields, 'beta_fast', 32),
        betaSlow: numberField(fields, 'beta_slow', 1),
        truncate: fields['truncate'] !== false,
        attentionFactor: yarnAttentionFactor(fields, factor),
      };
    }
    case 'llama3':
      return {
        kind: 'llama3',
        factor: numberField(fields, 'factor', undefined),
        lowFrequencyFactor: numberField(fields, 'low_freq_factor', undefined),
        highFrequencyFactor: numberField(fields, 'high_freq_factor', undefined),
        original,
      };
    default:
      throw unsupported(
        `config.json asks for rope type ${JSON.stringify(kind)}.`,
        'Supported are default, linear, dynamic, yarn and llama3.',
      );
  }
}

function yarnAttentionFactor(fields: JsonObject, factor: number): number {
  const given = fields['attention_factor'];
  if (given !== undefined && given !== null) return numberField(fields, 'attention_factor', undefined);
  const scale = (mscale: number) => (factor <= 1 ? 1 : 0.1 * mscale * Math.log(factor) + 1);
  const mscale = fields['mscale'];
  const mscaleAllDim = fields['mscale_all_dim'];
  if (typeof mscale === 'number' && typeof mscaleAllDim === 'number' && mscale !== 0 && mscaleAllDim !== 0) {
    return scale(mscale) / scale(mscaleAllDim);
  }
  return scale(1);
}

function numberField(fields: JsonObject, key: string, fallback: number | undefined): number {
  const value = fields[key] ?? fallback;
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value;
  throw new AppError(
    'config-invalid',
    `config.json: the rope field “${key}” should be a positive number; found ${JSON.stringify(fields[key] ?? null)}.`,
    { hint: 'Check that the folder holds the complete, unmodified config.json of the model.' },
  );
}

/** Inverse frequencies, length headDim / 2. `tokens`: length of the prompt, which dynamic NTK depends on. */
export function inverseFrequencies({ theta, headDim, scaling }: RopeSpec, tokens: number): Float64Array {
  const half = headDim / 2;
  const plain = (base: number) => Float64Array.from({ length: half }, (_, i) => base ** ((-2 * i) / headDim));
  switch (scaling.kind) {
    case 'none':
      return plain(theta);
    case 'linear':
      return plain(theta).map((frequency) => frequency / scaling.factor);
    case 'dynamic': {
      const length = Math.max(tokens, scaling.original);
      const stretch = (scaling.factor * length) / scaling.original - (scaling.factor - 1);
      return plain(theta * stretch ** (headDim / (headDim - 2)));
    }
    case 'llama3':
      return plain(theta).map((frequency) => {
        const wavelength = (2 * Math.PI) / frequency;
        if (wavelength < scaling.original / scaling.highFrequencyFactor) return frequency;
        if (wavelength > scaling.original / scaling.lowFrequencyFactor) return frequency / scaling.factor;
        const smooth =
          (scaling.original / wavelength - scaling.lowFrequencyFactor) /
          (scaling.highFrequencyFactor - scaling.lowFrequencyFactor);
        return ((1 - smooth) * frequency) / scaling.factor + smooth * frequency;
      });
    case 'yarn': {
      // Dimension whose wavelength makes the given number of turns over the original context.
      const dimensionOf = (turns: number) =>
        (headDim * Math.log(scaling.original / (turns * 2 * Math.PI))) / (2 * Math.log(theta));
      const round = scaling.truncate ? { low: Math.floor, high: Math.ceil } : { low: Number, high: Number };
      const low = Math.max(round.low(dimensionOf(scaling.betaFast)), 0);
      let high = Math.min(round.high(dimensionOf(scaling.betaSlow)), headDim - 1);
      if (high === low) high += 0.001;
      return plain(theta).map((frequency, i) => {
        const interpolated = Math.min(1, Math.max(0, (i - low) / (high - low)));
        return (frequency / scaling.factor) * interpolated + frequency * (1 - interpolated);
      });
    }
  }
}

/** Tables for positions 0 .. tokens - 1. */
export function ropeTables(spec: RopeSpec, tokens: number): RopeTables {
  const frequencies = inverseFrequencies(spec, tokens);
  const factor = spec.scaling.kind === 'yarn' ? spec.scaling.attentionFactor : 1;
  const half = frequencies.length;
  const cos = new Float32Array(tokens * half);
  const sin = new Float32Array(tokens * half);
  for (let position = 0; position < tokens; position++) {
    for (let i = 0; i < half; i++) {
      const angle = position * frequencies[i]!;
      cos[position * half + i] = Math.cos(angle) * factor;
      sin[position * half + i] = Math.sin(angle) * factor;
    }
  }
  return { cos, sin };
}

/** `rope 10,000, yarn ×4`: one line for people. */
export function describeRope(spec: RopeSpec | null): string {
  if (spec === null) return 'learned positions';
  const base = `RoPE θ ${spec.theta.toLocaleString('en-US')}`;
  return spec.scaling.kind === 'none' ? base : `${base}, ${spec.scaling.kind} ×${spec.scaling.factor}`;
}
