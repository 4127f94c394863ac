/** The tables of a stored run: a .safetensors file in memory, every tensor under the name that Python reads it by. */
import { AppError } from '../../shared/base/app-error.ts';
import type { SafetensorsDtype } from '../safetensors/dtype.ts';
import { parseSafetensorsHeader, PREFIX_BYTES, readHeaderLength } from '../safetensors/header.ts';
import { sessionInvalid } from './session-invalid.ts';

const ARRAYS = {
  U8: Uint8Array,
  I32: Int32Array,
  F32: Float32Array,
  F64: Float64Array,
} as const satisfies Partial<Record<SafetensorsDtype, unknown>>;
type TableDtype = keyof typeof ARRAYS;
type TableArray<D extends TableDtype> = InstanceType<(typeof ARRAYS)[D]>;

/** Answers an array of its own, aligned. Throws `session-invalid` where it is absent or of another dtype or shape. */
export type TakeTable = <D extends TableDtype>(name: string, dtype: D, shape: readonly number[]) => TableArray<D>;

/** Throws `session-invalid`. */
export function readTables(file: Uint8Array): TakeTable {
  const { tensors } = parseHeader(file);
  return (name, dtype, shape) => {
    const found = tensors.get(name);
    if (found === undefined) throw sessionInvalid(`The tables of a run lack ${name}`);
    if (found.dtype !== dtype || found.shape.join() !== shape.join()) {
      throw sessionInvalid(
        `The table ${name} is ${found.dtype} [${found.shape.join(', ')}] where ${dtype} [${shape.join(', ')}] was expected`,
      );
    }
    const bytes = file.slice(found.begin, found.end);
    return new ARRAYS[dtype](bytes.buffer) as TableArray<typeof dtype>;
  };
}

/** Throws `session-invalid` where it is absent. */
export function shapeOfTable(file: Uint8Array, name: string): readonly number[] {
  const found = parseHeader(file).tensors.get(name);
  if (found === undefined) throw sessionInvalid(`The tables lack ${name}`);
  return found.shape;
}

function parseHeader(file: Uint8Array): ReturnType<typeof parseSafetensorsHeader> {
  const name = 'tables.safetensors';
  try {
    const end = PREFIX_BYTES + readHeaderLength(file.subarray(0, PREFIX_BYTES), file.length, name);
    return parseSafetensorsHeader(file.subarray(PREFIX_BYTES, end), file.length, name);
  } catch (cause) {
    if (!(cause instanceof AppError)) throw cause;
    throw sessionInvalid(`The tables of a run are damaged: ${cause.message.replace(/\.$/, '')}`, cause);
  }
}
