/** Traces whose q and k are those of a forward under a method, which nothing else holds. */
import type { Architecture } from '../families/family.ts';
import type { MethodDecoder } from '../methods/method-decoder.ts';
import type { MethodTrace, TraceBuilder } from '../methods/trace-store.ts';

/** Of all that are made together, as much as the store may hold. */
const MOST_BYTES = 2 ** 28;

/** Builds one trace after the other; without q and k where they would be too large. */
export function ownStates(
  { layers, heads, kvHeads, headDim }: Pick<Architecture, 'layers' | 'heads' | 'kvHeads' | 'headDim'>,
  capacity: number,
): (builder: TraceBuilder, decoder: MethodDecoder) => MethodTrace | null {
  const bytes = 4 * layers * capacity * (heads + 2 * kvHeads) * headDim;
  let left = MOST_BYTES;
  return (builder, decoder) => {
    const whole = bytes <= left ? builder.build((layer) => decoder.data(layer), bytes) : null;
    if (whole === null) return builder.build(null);
    left -= bytes;
    return whole;
  };
}
