/**
 * IEEE 754 binary16 (`F16`) and bfloat16 (`BF16`) to and from float32, on bit patterns.
 *
 * Widening is exact for every pattern, subnormals, infinities and NaN payloads included. Narrowing rounds to nearest,
 * ties to even, as hardware and the common frameworks do; what is too large becomes infinity, a NaN stays a NaN.
 */

/** Widens binary16 bit patterns. Same length as `source`; exact. */
export function f16ToF32(source: Uint16Array, target = new Float32Array(source.length)): Float32Array {
  const bits = bitsOf(target, source.length);
  for (let i = 0; i < source.length; i++) bits[i] = f16BitsToF32Bits(source[i]!);
  return target;
}

/** Widens bfloat16 bit patterns. Same length as `source`; exact. */
export function bf16ToF32(source: Uint16Array, target = new Float32Array(source.length)): Float32Array {
  const bits = bitsOf(target, source.length);
  for (let i = 0; i < source.length; i++) bits[i] = source[i]! << 16;
  return target;
}

/** Narrows to binary16 bit patterns, round to nearest even. Same length as `source`. */
export function f32ToF16(source: Float32Array, target = new Uint16Array(source.length)): Uint16Array {
  const bits = bitsOf(source, target.length);
  for (let i = 0; i < source.length; i++) target[i] = f32BitsToF16Bits(bits[i]!);
  return target;
}

/** Narrows to bfloat16 bit patterns, round to nearest even. Same length as `source`. */
export function f32ToBf16(source: Float32Array, target = new Uint16Array(source.length)): Uint16Array {
  const bits = bitsOf(source, target.length);
  for (let i = 0; i < source.length; i++) target[i] = f32BitsToBf16Bits(bits[i]!);
  return target;
}

function bitsOf(values: Float32Array, otherLength: number): Uint32Array {
  if (values.length !== otherLength) {
    throw new RangeError(`Half conversion between arrays of ${values.length} and ${otherLength} elements.`);
  }
  return new Uint32Array(values.buffer, values.byteOffset, values.length);
}

function f16BitsToF32Bits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (mantissa << 13);
  if (exponent !== 0) return sign | ((exponent + 112) << 23) | (mantissa << 13);
  if (mantissa === 0) return sign;
  // A subnormal half is a normal float: shift its leading one up to the implicit place.
  const shift = Math.clz32(mantissa) - 21;
  return sign | ((113 - shift) << 23) | (((mantissa << shift) & 0x3ff) << 13);
}

function f32BitsToF16Bits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 112;
  const mantissa = bits & 0x7fffff;
  if (exponent === 143) return mantissa === 0 ? sign | 0x7c00 : sign | 0x7e00 | (mantissa >>> 13);
  if (exponent >= 31) return sign | 0x7c00;
  if (exponent > 0) {
    // A carry out of the mantissa is right too: it raises the exponent, at the top to infinity.
    return sign | roundShift((exponent << 23) | mantissa, 13);
  }
  return exponent < -10 ? sign : sign | roundShift(mantissa | 0x800000, 14 - exponent);
}

function f32BitsToBf16Bits(bits: number): number {
  if ((bits & 0x7f800000) === 0x7f800000 && (bits & 0x7fffff) !== 0) return (bits >>> 16) | 0x40;
  return (((bits >>> 31) << 15) | roundShift(bits & 0x7fffffff, 16)) & 0xffff;
}

/** value / 2^shift, to nearest, ties to even; value < 2^31. */
function roundShift(value: number, shift: number): number {
  const quotient = value >>> shift;
  const rest = value - quotient * 2 ** shift;
  const half = 2 ** (shift - 1);
  return rest > half || (rest === half && (quotient & 1) === 1) ? quotient + 1 : quotient;
}
