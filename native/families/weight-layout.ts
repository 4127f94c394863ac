/** Where a family keeps the matrices that scores of weights and attributions read, and how they lie there. */

/** What maps a row vector to another, x W + b: a stored matrix, or some of its outputs. */
export interface MatrixPlace {
  readonly name: string;
  /** As stored. */
  readonly shape: readonly [number, number];
  /** The axis of `shape` that outputs lie on: 0 in Hugging Face's Linear, 1 in GPT-2's Conv1D. */
  readonly outputAxis: 0 | 1;
  /** Outputs that are meant, from `first` on. */
  readonly first: number;
  readonly count: number;
  /** Of all outputs of the stored matrix, or null. */
  readonly bias: string | null;
}

/** How a norm treats its input before the gain: root mean square, the same after the mean is taken out, not at all. */
export type NormKind = 'rms' | 'layer' | 'none';

export interface NormPlace {
  readonly kind: NormKind;
  readonly eps: number;
  /** Names; null where there is none. */
  readonly gain: string | null;
  readonly bias: string | null;
}

/** Of one layer. Outputs of query, key and value are heads x headDim, inputs of `output` too. */
export interface AttentionPlaces {
  readonly norm: NormPlace;
  readonly query: MatrixPlace;
  readonly key: MatrixPlace;
  readonly value: MatrixPlace;
  readonly output: MatrixPlace;
  /** Gains of the norms of every head's query and key, [headDim], or null. */
  readonly queryGain: string | null;
  readonly keyGain: string | null;
}

export interface WeightLayout {
  readonly attention: (layer: number) => AttentionPlaces;
  readonly finalNorm: NormPlace;
  /** Names of [vocab, dModel] tensors, the same one where they are tied. */
  readonly embedding: string;
  readonly unembedding: string;
}

/** A Hugging Face Linear, [out, in]. */
export function linearPlace(name: string, [out, input]: readonly [number, number], bias: boolean): MatrixPlace {
  return {
    name: `${name}.weight`,
    shape: [out, input],
    outputAxis: 0,
    first: 0,
    count: out,
    bias: bias ? `${name}.bias` : null,
  };
}

export const NO_NORM: NormPlace = { kind: 'none', eps: 0, gain: null, bias: null };
