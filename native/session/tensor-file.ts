/**
 * Q, K and LSE of a stored run, read where they lie: within a session file, which holds them uncompressed. Arrays are
 * read when something looks at them, and the last ones stay in a cache.
 */
import { closeSync, openSync } from 'node:fs';
import { AppError } from '../../shared/base/app-error.ts';
import type { ModelInfo } from '../../shared/model/model-info.ts';
import type { LayerCapture } from '../capture/capture.ts';
import { SpillCache } from '../capture/spill-cache.ts';
import { readArray } from '../capture/spill-file.ts';
import type { MapShape } from '../pattern/score-blocks.ts';
import { readHeader, type FilePart } from '../safetensors/index.ts';
import { layerTensors } from './run-tensors.ts';
import { sessionInvalid } from './session-invalid.ts';
import { parsePatterns, type StoredPattern } from './stored-patterns.ts';

/** Where in a file the .safetensors lies. */
export interface TensorPlace extends FilePart {
  readonly path: string;
}

export interface TensorFile {
  readonly shape: MapShape;
  readonly layers: readonly Pick<LayerCapture, 'q' | 'k' | 'lse'>[];
  readonly patterns: readonly StoredPattern[];
  close(): void;
}

type Header = Awaited<ReturnType<typeof readHeader>>;

/**
 * The header is held against the model and the tokens before anything is read. `cacheBytes`: of arrays that stay in
 * memory; Q and K of one layer always may.
 *
 * @throws AppError `session-invalid`, `io`
 */
export async function openTensorFile(
  place: TensorPlace,
  model: ModelInfo,
  ids: Int32Array,
  cacheBytes: number,
): Promise<TensorFile> {
  const header = await headerOf(place);
  const { heads, kvHeads, headDim, slidingWindow, layers } = model;
  if (header.metadata.get('model_id') !== model.modelId || header.metadata.get('ids') !== Array.from(ids).join(' ')) {
    throw sessionInvalid('The tensors of a run are of another run');
  }
  const shape = { heads, kvHeads, headDim, slidingWindow, scale: scaleOf(header, layers) };
  const patterns = parsePatterns(header.metadata.get('patterns') ?? '[]', layers, heads);
  const extents = Array.from({ length: layers }, (_, layer) =>
    layerTensors(shape, ids.length, layer).map(({ name, shape: expected }) => {
      const found = header.tensors.get(name);
      if (found?.dtype !== 'F32' || found.shape.join() !== expected.join()) {
        throw sessionInvalid(`The tensors of a run lack ${name}, F32 [${expected.join(', ')}]`);
      }
      return { begin: place.offset + found.begin, length: (found.end - found.begin) / 4 };
    }),
  );
  const fd = openForReading(place.path);
  const cache = new SpillCache(Math.max(cacheBytes, 4 * ids.length * (heads + kvHeads) * headDim));
  let isOpen = true;
  const read = (layer: number, which: number) => {
    if (!isOpen) throw new AppError('unknown-run', 'This run is no longer held by the engine.');
    const { begin, length } = extents[layer]![which]!;
    return readArray(fd, begin, length, cache, String(begin));
  };
  return {
    shape,
    patterns,
    layers: extents.map((_, layer) => ({
      get q() {
        return read(layer, 0);
      },
      get k() {
        return read(layer, 1);
      },
      get lse() {
        return read(layer, 2);
      },
    })),
    close: () => {
      if (isOpen) closeSync(fd);
      isOpen = false;
    },
  };
}

async function headerOf({ path, offset, bytes }: TensorPlace): Promise<Header> {
  try {
    return await readHeader(path, 'tensors.safetensors', { offset, bytes });
  } catch (cause) {
    if (!(cause instanceof AppError) || cause.code === 'io') throw cause;
    throw sessionInvalid(`The tensors of a run are damaged: ${cause.message.replace(/\.$/, '')}`, cause);
  }
}

/** Factor on q.k of each layer. */
function scaleOf({ metadata }: Header, layers: number): number[] {
  let scale: unknown;
  try {
    scale = JSON.parse(metadata.get('scale') ?? '');
  } catch {
    scale = undefined;
  }
  if (!Array.isArray(scale) || scale.length !== layers || !scale.every((factor) => Number.isFinite(factor))) {
    throw sessionInvalid('The tensors of a run do not say how their scores are scaled');
  }
  return scale as number[];
}

function openForReading(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('io', `The tensors of a run could not be read: ${reason}.`, {
      hint: 'Check that the session file is where it was, and open it again.',
      cause,
    });
  }
}
