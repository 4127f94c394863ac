/** The typed arrays that frames may carry, by the name that stands in a binary message. */
export const TYPED_ARRAYS = {
  int8: Int8Array,
  uint8: Uint8Array,
  uint8c: Uint8ClampedArray,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  float32: Float32Array,
  float64: Float64Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
} as const;

export type Dtype = keyof typeof TYPED_ARRAYS;
export type TypedArray = InstanceType<(typeof TYPED_ARRAYS)[Dtype]>;

/** The dtype of a typed array; undefined for anything else. Subclasses (Node's Buffer) count as their base. */
export function dtypeOf(value: unknown): Dtype | undefined {
  if (!ArrayBuffer.isView(value)) return undefined;
  for (const [dtype, constructor] of Object.entries(TYPED_ARRAYS)) {
    if (value instanceof constructor) return dtype as Dtype;
  }
  return undefined;
}

export function isDtype(value: unknown): value is Dtype {
  return typeof value === 'string' && Object.hasOwn(TYPED_ARRAYS, value);
}
