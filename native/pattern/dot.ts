/** q . k of `count` numbers each. Four sums side by side: one alone would wait for itself at every step. */
export function dot(q: Float32Array, qAt: number, k: Float32Array, kAt: number, count: number): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    a += q[qAt + i]! * k[kAt + i]!;
    b += q[qAt + i + 1]! * k[kAt + i + 1]!;
    c += q[qAt + i + 2]! * k[kAt + i + 2]!;
    d += q[qAt + i + 3]! * k[kAt + i + 3]!;
  }
  for (; i < count; i++) a += q[qAt + i]! * k[kAt + i]!;
  return a + b + (c + d);
}
