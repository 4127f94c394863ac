/** Graphs of what a change does to predictions, over rows of logits. */
import { GraphBuilder, type Value } from '../onnx/graph-builder.ts';

/** Of log-probabilities [rows, vocab]: KL(clean || changed) [rows], nats. */
export function klOf(g: GraphBuilder, clean: Value, changed: Value): Value {
  const p = g.op('Exp', [clean]);
  // Each term p log(p/q) + q - p is at least 0, and the added part sums to 0: it takes out the rounding of the two
  // normalisers, which alone would leave small effects with a negative divergence.
  const rest = g.op('Sub', [g.op('Exp', [changed]), p]);
  const terms = g.op('Add', [g.op('Mul', [p, g.op('Sub', [clean, changed])]), rest]);
  return g.op('Relu', [g.op('ReduceSum', [terms, g.int([1])], { keepdims: 0 })]);
}

/** logits [rows, vocab] -> logProbs [rows, vocab], nats; top int64 [rows]: the likeliest token. */
export function buildLogProbs(): Uint8Array {
  const g = new GraphBuilder();
  const logits = g.input('logits', 'float32', ['rows', 'vocab']);
  g.output('logProbs', g.op('LogSoftmax', [logits], { axis: 1 }), 'float32', ['rows', 'vocab']);
  g.output('top', g.op('ArgMax', [logits], { axis: 1, keepdims: 0 }), 'int64', ['rows']);
  return g.build('log-probs');
}

/**
 * logits [rows, vocab] of a changed run, logProbs [rows, vocab] of the one before the change, targets int64 [rows] ->
 * kl [rows], nats; nll [rows]: -log p(target), nats; top int64 [rows].
 */
export function buildEffects(): Uint8Array {
  const g = new GraphBuilder();
  const logits = g.input('logits', 'float32', ['rows', 'vocab']);
  const clean = g.input('logProbs', 'float32', ['rows', 'vocab']);
  const targets = g.input('targets', 'int64', ['rows']);
  const changed = g.op('LogSoftmax', [logits], { axis: 1 });
  g.output('kl', klOf(g, clean, changed), 'float32', ['rows']);
  const picked = g.op('GatherElements', [changed, g.op('Unsqueeze', [targets, g.int([1])])], { axis: 1 });
  g.output('nll', g.op('Neg', [g.op('Squeeze', [picked, g.int([1])])]), 'float32', ['rows']);
  g.output('top', g.op('ArgMax', [logits], { axis: 1, keepdims: 0 }), 'int64', ['rows']);
  return g.build('effects');
}
