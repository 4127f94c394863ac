/** How fast this machine multiplies matrices: what the time of a first run is estimated from. */
import { GraphBuilder } from '../onnx/graph-builder.ts';
import { createSession } from './session.ts';

const ROWS = 256;
const SIDE = 1024;
/** The fastest of so many: a machine that is busy elsewhere is only slower. */
const REPEATS = 4;

let measured: Promise<number> | undefined;

/** Operations a millisecond, measured once a process in some twenty milliseconds. */
export function matrixSpeed(threads: number): Promise<number> {
  measured ??= measure(threads).catch((error: unknown) => {
    measured = undefined;
    throw error;
  });
  return measured;
}

async function measure(threads: number): Promise<number> {
  const g = new GraphBuilder();
  const a = g.input('a', 'float32', [ROWS, SIDE]);
  const b = g.input('b', 'float32', [SIDE, SIDE]);
  // One row of the product: handing over all of it would be measured too.
  g.output('row', g.op('Slice', [g.op('MatMul', [a, b]), g.int([0]), g.int([1]), g.int([0])]), 'float32', [1, SIDE]);
  const session = await createSession(g.build('speed'), { threads });
  const feeds = {
    a: { data: new Float32Array(ROWS * SIDE).fill(1), dims: [ROWS, SIDE] },
    b: { data: new Float32Array(SIDE * SIDE).fill(1), dims: [SIDE, SIDE] },
  };
  let fastest = Infinity;
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const started = performance.now();
    await session.run(feeds);
    fastest = Math.min(fastest, performance.now() - started);
  }
  await session.dispose();
  return (2 * ROWS * SIDE * SIDE) / Math.max(fastest, 0.01);
}
