/**
 * Rotary frequencies in float64, written after `modeling_rope_utils.py` of Hugging Face transformers and nothing of
 * the product.
 */

export interface ReferenceRope {
  /** One a pair of dimensions, length headDim / 2. */
  readonly inverseFrequencies: readonly number[];
  /** Multiplies cos and sin. */
  readonly attentionFactor: number;
}

type Fields = Readonly<Record<string, unknown>>;

function numberOf(fields: Fields, name: string, fallback?: number): number {
  const value = fields[name] ?? fallback;
  if (typeof value !== 'number') throw new Error(`Reference: ${name} is ${JSON.stringify(value)}.`);
  return value;
}

/** @param sequence number of tokens of the run; only `dynamic` depends on it */
export function referenceRope(config: Fields, headDim: number, sequence: number): ReferenceRope {
  const scaling = (config['rope_parameters'] ?? config['rope_scaling'] ?? {}) as Fields;
  const type = (scaling['rope_type'] ?? scaling['type'] ?? 'default') as string;
  const theta = numberOf(scaling, 'rope_theta', numberOf(config, 'rope_theta', 10000));
  const longest = numberOf(config, 'max_position_embeddings', 2048);
  const original = (): number => numberOf(scaling, 'original_max_position_embeddings', longest);
  const factor = (): number => numberOf(scaling, 'factor', longest / original());
  const frequencies = (base: number): number[] =>
    Array.from({ length: headDim / 2 }, (_, i) => 1 / base ** ((2 * i) / headDim));

  switch (type) {
    case 'default':
      return { inverseFrequencies: frequencies(theta), attentionFactor: 1 };
    case 'linear':
      return { inverseFrequencies: frequencies(theta).map((f) => f / factor()), attentionFactor: 1 };
    case 'dynamic': {
      const length = Math.max(sequence, longest);
      const stretch = (factor() * length) / longest - (factor() - 1);
      return { inverseFrequencies: frequencies(theta * stretch ** (headDim / (headDim - 2))), attentionFactor: 1 };
    }
    case 'yarn':
      return yarn(scaling, frequencies(theta), theta, headDim, factor(), original());
    case 'llama3':
      return { inverseFrequencies: llama3(scaling, frequencies(theta)), attentionFactor: 1 };
    default:
      throw new Error(`Reference: rope type ${type}.`);
  }
}

function yarn(
  scaling: Fields,
  frequencies: readonly number[],
  theta: number,
  headDim: number,
  factor: number,
  original: number,
): ReferenceRope {
  const mscaleOf = (scale: number, mscale: number): number => (scale <= 1 ? 1 : 0.1 * mscale * Math.log(scale) + 1);
  const mscale = numberOf(scaling, 'mscale', 0);
  const mscaleAll = numberOf(scaling, 'mscale_all_dim', 0);
  const byMscale =
    mscale !== 0 && mscaleAll !== 0 ? mscaleOf(factor, mscale) / mscaleOf(factor, mscaleAll) : mscaleOf(factor, 1);
  const attentionFactor = numberOf(scaling, 'attention_factor', byMscale);

  const dimensionOf = (rotations: number): number =>
    (headDim * Math.log(original / (rotations * 2 * Math.PI))) / (2 * Math.log(theta));
  let low = dimensionOf(numberOf(scaling, 'beta_fast', 32));
  let high = dimensionOf(numberOf(scaling, 'beta_slow', 1));
  if (scaling['truncate'] !== false) {
    low = Math.floor(low);
    high = Math.ceil(high);
  }
  low = Math.max(low, 0);
  high = Math.min(high, headDim - 1);
  if (low === high) high += 0.001;

  const inverseFrequencies = frequencies.map((frequency, i) => {
    const ramp = Math.min(1, Math.max(0, (i - low) / (high - low)));
    return (frequency / factor) * ramp + frequency * (1 - ramp);
  });
  return { inverseFrequencies, attentionFactor };
}

function llama3(scaling: Fields, frequencies: readonly number[]): number[] {
  const factor = numberOf(scaling, 'factor');
  const lowFactor = numberOf(scaling, 'low_freq_factor');
  const highFactor = numberOf(scaling, 'high_freq_factor');
  const original = numberOf(scaling, 'original_max_position_embeddings');
  return frequencies.map((frequency) => {
    const wavelength = (2 * Math.PI) / frequency;
    if (wavelength < original / highFactor) return frequency;
    if (wavelength > original / lowFactor) return frequency / factor;
    const smooth = (original / wavelength - lowFactor) / (highFactor - lowFactor);
    return ((1 - smooth) * frequency) / factor + smooth * frequency;
  });
}
