import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../../shared/base/app-error.ts';
import { randomCapture } from '../testing/random-capture.ts';
import { randomStoredRun } from '../testing/random-stored-run.ts';
import { writeRunTensors } from './run-tensors.ts';
import { openTensorFile, type TensorFile } from './tensor-file.ts';

const TOKENS = 20;
const job = { signal: new AbortController().signal, progress: () => undefined };
const { architecture: shape, capture } = await randomCapture({ tokens: TOKENS, window: 7 });
const { ids, layers } = capture;
const { heads, kvHeads, headDim, slidingWindow } = shape;
const model = { ...randomStoredRun(1).model, layers: 1, heads, kvHeads, headDim, slidingWindow };

let folder: string;
let whole: Buffer;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'headscope-tensors-'));
  const file = path.join(folder, 'tensors.safetensors');
  await writeRunTensors(file, { model, shape, ids, layers, patterns: [] }, job);
  whole = await readFile(file);
});
afterAll(() => rm(folder, { recursive: true }));

let counter = 0;
async function open(bytes: Buffer, offset = 0, length = bytes.length, as = model): Promise<TensorFile> {
  const file = path.join(folder, `${counter++}.headscope`);
  await writeFile(file, bytes);
  return openTensorFile({ path: file, offset, bytes: length }, as, ids, 0);
}

async function codeOf(work: Promise<TensorFile>): Promise<string | undefined> {
  try {
    (await work).close();
    return undefined;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect(error.message).toMatch(/\.$/);
    return error.code;
  }
}

describe('openTensorFile', () => {
  it('reads what was written, wherever in a file it lies, until it is closed', async () => {
    const file = await open(Buffer.concat([Buffer.alloc(77, 1), whole, Buffer.alloc(5)]), 77, whole.length);
    const [layer] = file.layers;
    for (const name of ['q', 'k', 'lse'] as const) expect(layer![name]).toEqual(layers[0]![name]);
    expect(file.shape).toMatchObject({ heads, kvHeads, headDim, scale: shape.scale, slidingWindow });
    file.close();
    file.close();
    expect(() => layer!.q).toThrow(expect.objectContaining({ code: 'unknown-run' }) as Error);
  });

  it('keeps Q and K of a layer at hand, however small its cache is', async () => {
    const file = await open(whole);
    const [layer] = file.layers;
    const [q, k] = [layer!.q, layer!.k];
    expect([layer!.q, layer!.k]).toEqual([q, k]);
    expect(layer!.q).toBe(q);
    expect(layer!.k).toBe(k);
    file.close();
  });

  it('refuses tensors of another run or another model', async () => {
    expect(await codeOf(open(whole, 0, whole.length, { ...model, modelId: 'other' }))).toBe('session-invalid');
    expect(await codeOf(open(whole, 0, whole.length, { ...model, layers: 2 }))).toBe('session-invalid');
    expect(await codeOf(open(whole, 0, whole.length, { ...model, headDim: 4 }))).toBe('session-invalid');
    const other = Buffer.from(whole.toString('latin1').replace('"ids":"0 1', '"ids":"1 0'), 'latin1');
    expect(await codeOf(open(other))).toBe('session-invalid');
  });

  it('refuses a file that does not say how scores are scaled', async () => {
    for (const bad of ['"[null]"', '"[1,2]"', '"1"', '"x"']) {
      const scale = JSON.stringify(JSON.stringify(shape.scale));
      const text = whole.toString('latin1');
      expect(text).toContain(`"scale":${scale}`);
      // Of the same length, so that the data stay where they are.
      const padded = bad.padEnd(scale.length);
      expect(await codeOf(open(Buffer.from(text.replace(scale, padded), 'latin1')))).toBe('session-invalid');
    }
  });

  it('never fails in another way than with a sentence, wherever it is damaged, cut or misplaced', async () => {
    const header = 8 + Number(whole.readBigUInt64LE());
    await fc.assert(
      fc.asyncProperty(fc.nat(header - 1), fc.nat(255), async (at, to) => {
        const copy = Buffer.from(whole);
        copy[at] = to;
        expect([undefined, 'session-invalid']).toContain(await codeOf(open(copy)));
      }),
      { numRuns: 300 },
    );
    for (let end = 0; end < whole.length; end += 97) {
      expect(await codeOf(open(whole.subarray(0, end)))).toBe('session-invalid');
      expect(await codeOf(open(whole, 0, end))).toBe('session-invalid');
    }
    expect(await codeOf(open(whole, 1))).toBe('session-invalid');
    expect(await codeOf(open(whole, whole.length + 5))).toBe('session-invalid');
  });

  it('fails with a sentence where the file is cut after it was opened, or is not there', async () => {
    const file = path.join(folder, 'cut.headscope');
    await writeFile(file, whole);
    const opened = await openTensorFile({ path: file, offset: 0, bytes: whole.length }, model, ids, 0);
    await truncate(file, whole.length - 4);
    expect(() => opened.layers[0]!.lse).toThrow(/ends too early/);
    opened.close();
    const missing = { path: path.join(folder, 'missing'), offset: 0, bytes: 9 };
    expect(await codeOf(openTensorFile(missing, model, ids, 0))).toBe('io');
  });
});
