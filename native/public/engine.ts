import type { CallContext, Handlers } from '../../shared/contract/handlers.ts';
import type { EngineMethodName, ParsedParamsOf } from '../../shared/contract/methods.ts';
import type { Device } from '../../shared/model/device.ts';
import type { Generation } from '../../shared/model/generation.ts';
import type { Family } from '../families/family.ts';

export interface EngineOptions {
  /** Folder of the shipped model, opened by the path `demo`. */
  readonly shippedModel: string;
  /** Folder with the prose and the words that tasks are made of. */
  readonly tasks: string;
  /** The built attention addon; where there is none, attention runs on ONNX Runtime. */
  readonly addon: string;
  /** Threads of ONNX Runtime; default: number of cores. */
  readonly threads?: number;
  /** Where to compute; default: CPU, the only one that the attention addon runs on. */
  readonly device?: Device;
  /** Bytes that captures may hold; default: 40% of the machine's memory. */
  readonly captureBudgetBytes?: number;
  /** Where captures over the budget go; default: a folder in the system's folder for temporary files. */
  readonly spillFolder?: string;
  /** Model families that open; default: the registry. */
  readonly families?: readonly Family[];
}

export interface ExportRequest {
  readonly runId: string;
  /**
   * TransformerLens names; `*` stands for every layer, and a bare `hook_q`, `hook_pattern`, ... for
   * `blocks.*.attn.hook_q`. Empty = residuals, rotated q and k, v and z of every layer.
   */
  readonly hooks: readonly string[];
  /** Query rows of `attn_scores` and `pattern`, end exclusive; all where absent. */
  readonly rows?: { readonly start: number; readonly end: number };
  /** Attention rows of a generation from the same prompt, written beside the run's tensors. */
  readonly generated?: GeneratedRows;
  /** Path of the .safetensors file, written atomically. */
  readonly out: string;
}

/** Attention of every step of a generation: the row of the position that chose the step's token. */
export interface GeneratedRows {
  /** The generated tokens, [T]. */
  readonly ids: Int32Array;
  /** [T, L, H, n + T] for a prompt of n tokens; 0 past the position of the step. */
  readonly pattern: Float32Array;
  readonly shape: readonly [number, number, number, number];
}

export interface ExportedTensor {
  readonly name: string;
  readonly shape: readonly number[];
}

/**
 * The inference engine: one open model, its runs, and every method of the contract that needs them. Runs in a process
 * of its own behind a shell, or in the process of the command line.
 */
export interface Engine {
  readonly handlers: Handlers<EngineMethodName>;
  /**
   * Writes tensors of a run, without a batch axis: resid [n, d]; q, k, v, z [n, heads, dh]; scores, pattern [H, n, n]
   * (masked scores as -Infinity); result [n, H, d]; logits [n, vocab]. Throws `bad-request` for an unknown hook and
   * `too-large` where maps would exceed 1 GiB.
   */
  exportRun(request: ExportRequest, context: CallContext): Promise<readonly ExportedTensor[]>;
  /** `generate.start` with the attention rows. Throws `too-large` where they would exceed 1 GiB. */
  generateWithRows(
    params: ParsedParamsOf<'generate.start'>,
    context: CallContext,
  ): Promise<{ readonly generation: Generation; readonly rows: GeneratedRows }>;
  dispose(): Promise<void>;
}
