import type { DeviceReport } from './device.ts';

/** What is known of an open model. Sent once when it opens; every figure is read from the files, none is assumed. */
export interface ModelInfo {
  /** Identity of weights and configuration; part of every capture key. */
  readonly modelId: string;
  readonly name: string;
  readonly path: string;
  readonly source: 'shipped' | 'folder';
  readonly family: string;
  readonly architecture: string;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly dModel: number;
  readonly vocabSize: number;
  /** Longest prompt in tokens. */
  readonly context: number;
  /** Stored dtype of the weights; the computation is float32. */
  readonly dtype: 'F32' | 'F16' | 'BF16' | 'mixed';
  readonly parameters: number;
  readonly weightsBytes: number;
  /** Window in keys of each layer, or null for full attention. Length = layers. */
  readonly slidingWindow: readonly (number | null)[];
  readonly rope: string;
  /** Absent tokenizer = id mode: ids work, text is disabled with the reason. */
  readonly tokenizer: { readonly available: true } | { readonly available: false; readonly reason: string };
  readonly bos: { readonly id: number; readonly text: string } | null;
  /** Whether the model's own tokenizer prepends BOS; the prompt switch starts from this. */
  readonly bosByDefault: boolean;
  /** Fields of config.json that the computation does not read. */
  readonly ignoredFields: readonly string[];
  readonly warnings: readonly string[];
  /** Where it computes; absent where it was only read. */
  readonly device?: DeviceReport;
}
