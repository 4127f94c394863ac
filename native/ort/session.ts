/**
 * The only module that touches ONNX Runtime.
 *
 * Settings are those that a trial found best for many small segment sessions: arena on, memory pattern off, spinning
 * and prepacking off, sequential. Spinning thread pools would fight each other, one per session.
 */
import { InferenceSession, listSupportedBackends, Tensor } from 'onnxruntime-node';

/** A Uint8Array is a tensor of booleans. */
export type TensorData = Float64Array | Float32Array | BigInt64Array | Int32Array | Uint8Array;

export interface Feed {
  readonly data: TensorData;
  readonly dims: readonly number[];
}

export interface SessionOptions {
  readonly threads: number;
  /** Execution provider; CPU by default, which also takes what another one cannot do. */
  readonly provider?: string | undefined;
  /** Folder that the external initializers' file names are relative to. */
  readonly externalFolder?: string;
  /** Frees the memory of an output that was copied; without it that waits for the garbage collector. */
  readonly release?: ((buffer: ArrayBuffer) => void) | undefined;
}

/** A loaded graph. `run` blocks the thread for its duration: callers keep each run short and yield in between. */
export interface Session {
  run(feeds: Readonly<Record<string, Feed>>): Promise<Readonly<Record<string, TensorData>>>;
  /** Copies each named output into its target, which is as long, and frees it. */
  runInto(feeds: Readonly<Record<string, Feed>>, targets: Readonly<Record<string, Float32Array>>): Promise<void>;
  dispose(): Promise<void>;
}

export async function createSession(model: Uint8Array, options: SessionOptions): Promise<Session> {
  const { provider = 'cpu' } = options;
  const session = await InferenceSession.create(model, {
    executionProviders: provider === 'cpu' ? ['cpu'] : [provider, 'cpu'],
    intraOpNumThreads: options.threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    enableMemPattern: false,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    extra: {
      session: {
        disable_prepacking: '1',
        intra_op: { allow_spinning: '0' },
        ...(options.externalFolder === undefined
          ? {}
          : { model_external_initializers_file_folder_path: options.externalFolder }),
      },
    },
  });
  const run = async (feeds: Readonly<Record<string, Feed>>) => {
    const inputs: Record<string, Tensor> = {};
    for (const [name, feed] of Object.entries(feeds)) inputs[name] = toTensor(feed);
    const outputs = await session.run(inputs);
    const results: Record<string, TensorData> = {};
    for (const [name, tensor] of Object.entries(outputs)) results[name] = tensor.data as TensorData;
    return results;
  };
  return {
    run,
    runInto: async (feeds, targets) => {
      const outputs = await run(feeds);
      for (const [name, target] of Object.entries(targets)) target.set(outputs[name] as Float32Array);
      for (const { buffer } of Object.values(outputs)) options.release?.(buffer as ArrayBuffer);
    },
    dispose: () => session.release(),
  };
}

/** Execution providers of this build, as ONNX Runtime reports them. */
export function supportedProviders(): readonly { readonly name: string; readonly bundled: boolean }[] {
  return listSupportedBackends().map(({ name, bundled }) => ({ name, bundled }));
}

function toTensor({ data, dims }: Feed): Tensor {
  if (data instanceof Float32Array) return new Tensor('float32', data, dims);
  if (data instanceof Float64Array) return new Tensor('float64', data, dims);
  if (data instanceof BigInt64Array) return new Tensor('int64', data, dims);
  if (data instanceof Uint8Array) return new Tensor('bool', data, dims);
  return new Tensor('int32', data, dims);
}
