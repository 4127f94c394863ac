import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openModel, type OpenModel } from '../model/open-model.ts';
import { writeTinyModel } from '../testing/tiny-model.ts';
import { SegmentSessions } from './segment-sessions.ts';

const LAYERS = 5;
const ROWS = 3;

let folder: string;
let model: OpenModel;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'headscope-segments-'));
  await writeTinyModel(folder, { family: 'llama', layers: LAYERS, heads: 4, kvHeads: 2, seed: 7 });
  model = await openModel({ folder, source: 'folder' });
});
afterAll(() => rm(folder, { recursive: true }));

/** `parameters` alone decides how many segments share a session. */
function sessionsFor(parameters: number): SegmentSessions {
  const { architecture, weights, weightsFolder } = model;
  return new SegmentSessions({ architecture, weights, weightsFolder, parameters, threads: 1 });
}

async function segmentOutput(sessions: SegmentSessions, index: number): Promise<Record<string, number[]>> {
  const { heads, kvHeads, headDim, dModel } = model.architecture;
  const floats = (width: number, seed: number) =>
    Float32Array.from({ length: ROWS * width }, (_, i) => Math.sin(seed + 0.7 * i));
  const [z, residIn] = [floats(heads * headDim, 1), floats(dModel, 2)];
  const [cos, sin] = [floats(headDim / 2, 3), floats(headDim / 2, 4)];
  const targets = {
    resid: new Float32Array(ROWS * dModel),
    q: new Float32Array(ROWS * heads * headDim),
    k: new Float32Array(ROWS * kvHeads * headDim),
    v: new Float32Array(ROWS * kvHeads * headDim),
  };
  const session = await sessions.segment(index, []);
  const feeds = Object.entries({ z, residIn, cos, sin }).map(([name, data]) => [
    name,
    { data, dims: [ROWS, data.length / ROWS] },
  ]);
  await session.runInto(Object.fromEntries(feeds) as Parameters<typeof session.runInto>[0], targets);
  return Object.fromEntries(Object.entries(targets).map(([name, data]) => [name, [...data]]));
}

it('gives the same bits however many segments share a session', async () => {
  const small = 1000;
  const alone = sessionsFor(48e6 * LAYERS);
  const pairs = sessionsFor(24e6 * LAYERS);
  const together = sessionsFor(small);
  expect([alone, pairs, together].map(({ segmentSessions }) => segmentSessions)).toEqual([6, 4, 3]);
  const seen = new Set<string>();
  for (let index = 1; index < LAYERS; index++) {
    const expected = await segmentOutput(alone, index);
    expect(await segmentOutput(pairs, index)).toEqual(expected);
    expect(await segmentOutput(together, index)).toEqual(expected);
    seen.add(JSON.stringify(expected));
  }
  // Each segment has weights of its own.
  expect(seen.size).toBe(LAYERS - 1);
  await Promise.all([alone, pairs, together].map((sessions) => sessions.dispose()));
});
