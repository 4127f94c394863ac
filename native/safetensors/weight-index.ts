import type { SafetensorsDtype } from './dtype.ts';

/** One file of weights. */
export interface WeightFile {
  /** As the model folder calls it, `model.safetensors` or a shard's name. */
  readonly name: string;
  /** Real folder and file name after links are followed; ONNX Runtime takes external data only from beside it. */
  readonly realFolder: string;
  readonly realName: string;
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** First byte after the header. */
  readonly dataStart: number;
}

export interface WeightEntry {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  readonly file: WeightFile;
  /** First byte in the file. */
  readonly offset: number;
  readonly byteLength: number;
}

/** Where every tensor of a model lies. Nothing but the headers has been read. */
export interface WeightIndex {
  readonly folder: string;
  readonly tensors: ReadonlyMap<string, WeightEntry>;
  /** In the order of their names. */
  readonly files: readonly WeightFile[];
  /** Sum over the tensors, bytes. */
  readonly totalBytes: number;
}
