/** What scores read of one more pass of the kernel over the attention of a layer. */
import type { ExtraStatistics, Gathering, KeyMatch } from '../attention/statistics.ts';

/** Requests of several scores are met by one pass where they agree. */
export interface PassRequest {
  readonly sumSquares?: boolean;
  /** The row statistics without these keys, ascending, renormalised. */
  readonly sinkFree?: Int32Array;
  /** How evenly each row spreads; `topP`: the mass whose width is told, null where that is not looked at. */
  readonly spread?: { readonly topP: number | null };
  /** Mass on the keys of each row's class, by a name that says which they are: equal names, equal lists. */
  readonly matches?: Readonly<Record<string, KeyMatch>>;
  /** Norms of what each head writes, z W_O, row by row. */
  readonly outputNorms?: boolean;
  /** Attention weighted by the norm of what each key's value writes, v W_O, or of the value itself. */
  readonly valueWeighted?: 'written' | 'head';
  /** Attention on one key by row. */
  readonly column?: number;
  /** What is kept, and how far the head's output moves, where it sees no more than the first and the last keys. */
  readonly streaming?: StreamingRequest;
}

export interface StreamingRequest {
  readonly sink: number;
  readonly window: number;
  /** Where outputs are compared: z W_O, or z itself, which needs no weights; null: mass alone. */
  readonly space: 'written' | 'head' | null;
}

/** Of one layer, [heads, rows]; there where it was asked for. */
export interface LayerPass extends Pick<ExtraStatistics, 'sumSquares' | 'sinkFree' | 'spread'> {
  readonly matches?: Readonly<Record<string, Float32Array>>;
  readonly outputNorms?: Float32Array;
  readonly column?: Float32Array;
  /** Sum over keys of p x norm; and the norms, [heads, tokens]. */
  readonly valueWeighted?: Float32Array;
  readonly valueNorms?: Float32Array;
  readonly streaming?: {
    readonly keptMass: Float32Array;
    /** Norm of the output, and of what the mask takes away from it; empty where mass alone was asked for. */
    readonly norms: Float32Array;
    readonly deviation: Float32Array;
  };
}

/** Makes passes over the layers of one capture. */
export interface PassSource {
  /** Whether the kernel can tell more than z and LSE: the C++ addon can. */
  readonly gathersExtras: boolean;
  plan(requests: readonly PassRequest[]): PassPlan;
}

/** Layers come in order. `checkpoint` may throw to cancel. */
export interface PassPlan {
  /** Score cells of one layer, which `checkpoint` counts. */
  readonly cells: number;
  /**
   * What the run itself can gather of a layer while it computes the attention there, in place of a pass that would look
   * at all of it again; null for nothing. `v`: [tokens, kvHeads x headDim]. Then the layer is prepared and run as ever,
   * at the latest while the next one is computed.
   */
  gather(layer: number, v: Float32Array, checkpoint: (cells: number) => Promise<void>): Promise<Gathering | null>;
  /** What keeps this thread busy before the kernel can start on its own: to be awaited before `run`. */
  prepare(layer: number, checkpoint: (cells: number) => Promise<void>): Promise<void>;
  /** One answer a request, good until the next layer is asked for. */
  run(layer: number, checkpoint: (cells: number) => Promise<void>): Promise<readonly LayerPass[]>;
}

/** Whether only the C++ addon can meet it. */
export function needsExtras({ sumSquares, sinkFree, spread, matches, valueWeighted, column }: PassRequest): boolean {
  return (
    sumSquares === true ||
    sinkFree !== undefined ||
    spread !== undefined ||
    matches !== undefined ||
    valueWeighted !== undefined ||
    column !== undefined
  );
}
