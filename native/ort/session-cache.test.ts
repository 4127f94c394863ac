import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GraphBuilder } from '../onnx/graph-builder.ts';
import { SessionCache } from './session-cache.ts';

/** y = x + `by`. */
function adding(by: number): Uint8Array {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['n']);
  g.output('y', g.op('Add', [x, g.float([by])]), 'float32', ['n']);
  return g.build(`add-${by}`);
}

describe('SessionCache', () => {
  let cache: SessionCache;
  beforeEach(() => {
    cache = new SessionCache({ threads: 1 });
  });
  afterEach(() => cache.dispose());

  const answer = async (key: string, build: () => Uint8Array) => {
    const out = await (await cache.get(key, build)).run({ x: { data: Float32Array.of(1), dims: [1] } });
    return [...(out['y'] as Float32Array)];
  };

  it('builds a graph once, and another under another key', async () => {
    const build = vi.fn(() => adding(1));
    expect(await answer('one', build)).toEqual([2]);
    expect(await answer('one', build)).toEqual([2]);
    expect(build).toHaveBeenCalledTimes(1);
    expect(await answer('two', () => adding(2))).toEqual([3]);
  });

  it('tries again what failed', async () => {
    await expect(cache.get('one', () => Uint8Array.of(1, 2, 3))).rejects.toThrow();
    expect(await answer('one', () => adding(1))).toEqual([2]);
  });
});
