import { describe, expect, it } from 'vitest';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createSession } from '../ort/session.ts';
import { ABSENT, GraphBuilder } from './graph-builder.ts';

describe('GraphBuilder', () => {
  it('builds a graph that ONNX Runtime runs: inputs, constants, attributes, several outputs', async () => {
    const g = new GraphBuilder();
    const x = g.input('x', 'float32', ['rows', 4]);
    const [left, right] = g.ops('Split', [x, g.int([1, 3])], 2, { axis: 1 });
    g.output('left', g.op('Mul', [left!, g.float(-2)]), 'float32', ['rows', 1]);
    g.output('sum', g.op('ReduceSum', [right!, g.int([1])], { keepdims: 0 }), 'float32', ['rows']);
    g.output('relu', g.op('LeakyRelu', [left!], { alpha: { float: 0.5 } }), 'float32', ['rows', 1]);
    const session = await createSession(g.build(), { threads: 1 });
    const out = await session.run({ x: { data: new Float32Array([-1, 2, 3, 4, 5, 6, 7, 8]), dims: [2, 4] } });
    expect([...out['left']!]).toEqual([2, -10]);
    expect([...out['sum']!]).toEqual([9, 21]);
    expect([...out['relu']!]).toEqual([-0.5, 5]);
    await session.dispose();
  });

  it('maps external data from a file at an unaligned offset', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'headscope-graph-'));
    const weight = new Float32Array([1, 2, 3, 4, 5, 6]);
    const bytes = new Uint8Array(3 + weight.byteLength);
    bytes.set(new Uint8Array(weight.buffer), 3);
    await writeFile(path.join(folder, 'w.bin'), bytes);
    const g = new GraphBuilder();
    const x = g.input('x', 'float32', ['rows', 3]);
    const w = g.external('w', 'float32', [2, 3], { file: 'w.bin', offset: 3, byteLength: weight.byteLength });
    g.output('y', g.op('Gemm', [x, w], { transB: 1 }), 'float32', ['rows', 2]);
    const session = await createSession(g.build(), { threads: 1, externalFolder: folder });
    const out = await session.run({ x: { data: new Float32Array([1, 0, 2]), dims: [1, 3] } });
    expect([...out['y']!]).toEqual([7, 16]);
    await session.dispose();
    await rm(folder, { recursive: true });
  });

  it('takes operators of another domain, and optional inputs that are left out', async () => {
    const g = new GraphBuilder();
    const x = g.input('x', 'float32', ['rows', 2]);
    const [gelu] = g.ops('FastGelu', [x, ABSENT], 1, {}, 'com.microsoft');
    g.output('y', g.op('Clip', [gelu!, ABSENT, g.float(1)]), 'float32', ['rows', 2]);
    const session = await createSession(g.build(), { threads: 1 });
    const out = await session.run({ x: { data: new Float32Array([-20, 0, 0.5, 3]), dims: [2, 2] } });
    const y = [...(out['y'] as Float32Array)];
    expect(y[0]).toBeCloseTo(0, 6);
    expect(y[1]).toBe(0);
    expect(y[2]).toBeCloseTo(0.345714, 5);
    expect(y[3]).toBe(1);
    await session.dispose();
  });

  it('computes the body that is chosen when it runs, of any number of bodies', async () => {
    for (const [first, end] of [
      [3, 4],
      [0, 2],
      [2, 7],
    ] as const) {
      const g = new GraphBuilder();
      const x = g.input('x', 'float32', ['rows']);
      const which = g.input('which', 'int64', []);
      const outputs = (['scaled', 'shifted'] as const).map(
        (name) => ({ name, dtype: 'float32', shape: ['rows'] }) as const,
      );
      const values = g.select(which, [first, end], outputs, (branch, index) => [
        branch.op('Mul', [x, branch.float(index)]),
        branch.op('Add', [x, branch.float(index)]),
      ]);
      outputs.forEach(({ name, dtype, shape }, at) => g.output(name, values[at]!, dtype, shape));
      const session = await createSession(g.build(), { threads: 1 });
      for (let index = first; index < end; index++) {
        const out = await session.run({
          x: { data: new Float32Array([1, 10]), dims: [2] },
          which: { data: BigInt64Array.of(BigInt(index)), dims: [] },
        });
        expect([...out['scaled']!]).toEqual([index, 10 * index]);
        expect([...out['shifted']!]).toEqual([1 + index, 10 + index]);
      }
      await session.dispose();
    }
  });

  it('refuses a name that is used twice', () => {
    const g = new GraphBuilder();
    g.input('x', 'float32', [1]);
    expect(() => g.input('x', 'float32', [1])).toThrow(/used twice/);
  });
});
