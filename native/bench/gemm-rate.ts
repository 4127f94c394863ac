/** What ONNX Runtime reaches on one large matrix product: the mark that attention kernels are held against. */
import { GraphBuilder } from '../onnx/graph-builder.ts';
import { createSession } from '../ort/session.ts';

const SIDE = 1024;
/** Products in a row, so that starting a call and copying its result out weigh little. */
const CHAIN = 8;
const RUNS = 12;

/** Gigaflops a second, best of several runs: others on the machine only take away. */
export async function gemmRate(threads: number): Promise<number> {
  const g = new GraphBuilder();
  const weight = g.input('w', 'float32', [SIDE, SIDE]);
  let value = g.input('x', 'float32', [SIDE, SIDE]);
  for (let i = 0; i < CHAIN; i++) value = g.op('MatMul', [value, weight]);
  g.output('y', g.op('ReduceMax', [value], { keepdims: 0 }), 'float32', []);
  const session = await createSession(g.build(), { threads });
  const dims = [SIDE, SIDE];
  const feeds = {
    x: { data: new Float32Array(SIDE * SIDE).fill(1), dims },
    w: { data: new Float32Array(SIDE * SIDE).fill(1 / SIDE), dims },
  };
  let best = Infinity;
  for (let i = 0; i < RUNS; i++) {
    const started = performance.now();
    await session.run(feeds);
    best = Math.min(best, performance.now() - started);
  }
  await session.dispose();
  return (CHAIN * 2 * SIDE ** 3) / (best * 1e6);
}
