import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MethodInfo } from '../../../shared/model/method.ts';
import { createConsole } from '../console.ts';
import { createProgram } from '../program.ts';
import type { MethodRunOutput } from './methods-run.ts';
import type { MethodSelectResult } from './methods.ts';

let folder = '';
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'headscope-methods-'))));
afterAll(() => rm(folder, { recursive: true }));

/** Standard output of a command line. */
async function printed(json: boolean, ...words: readonly string[]): Promise<string> {
  let out = '';
  const streams = {
    out: { write: (text: string) => (out += text) },
    err: { write: () => undefined },
    setExitCode: () => undefined,
  };
  await createProgram(createConsole(json, streams)).parseAsync(['node', 'headscope', 'methods', ...words]);
  return out;
}

/** One layer with one head, 24 tokens and 8 dimensions. */
async function writeCapture(): Promise<string> {
  const path = join(folder, 'qkv.safetensors');
  const numbers = Float32Array.from({ length: 3 * 24 * 8 }, (_, at) => Math.sin(at));
  const bytes = numbers.byteLength / 3;
  const entries = ['q', 'k', 'v'].map((name, at) => {
    return [name, { dtype: 'F32', shape: [1, 24, 8], data_offsets: [at * bytes, (at + 1) * bytes] }];
  });
  const json = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  await writeFile(path, Buffer.concat([length, json, new Uint8Array(numbers.buffer)]));
  return path;
}

describe('headscope methods', () => {
  it('lists what there is', async () => {
    const { methods } = JSON.parse(await printed(true, 'list')) as { methods: MethodInfo[] };
    expect(methods.map(({ id }) => id)).toEqual(expect.arrayContaining(['dense', 'snapkv', 'h2o', 'quest']));
    const text = await printed(false, 'list');
    for (const { id } of methods) expect(text).toMatch(new RegExp(`^${id} `, 'm'));
  });

  it('selects from arrays, and tells with which values', async () => {
    const out = join(folder, 'kept.safetensors');
    const words = ['select', '--capture', await writeCapture(), '--method', 'sink-window', '--prompt-length', '20'];
    const given = [...words, '--param', 'sink=2', '--param', 'eviction=after', '--budget', '25%', '--out', out];
    const result = JSON.parse(await printed(true, ...given)) as MethodSelectResult;
    expect(result).toMatchObject({
      method: 'sink-window',
      params: { sink: 2, window: 3, eviction: 1 },
      origins: { sink: 'given', window: 'budget', eviction: 'given' },
      budget: 5,
      held: 6,
      read: 6,
      resident: 6,
      tensors: [
        { name: 'kept', shape: [1, 1, 5, 24] },
        { name: 'prefill_kept', shape: [1, 1, 24, 24] },
      ],
    });
    expect((await stat(out)).size).toBeGreaterThan(29 * 24);
    expect(await printed(false, ...given)).toContain('window = 3 (from the budget)');
  });

  it('runs methods on a prompt, a row for each method and budget', async () => {
    const text = 'The old man stood at the door of the house. The old man stood at the door of the house.';
    const words = ['run', '--model', 'demo', '--text', text, '--budget', '4', '--budget', '50%'];
    const methods = ['--method', 'snapkv', '--method', 'topk'];
    const { rows, tokens, promptLength } = JSON.parse(await printed(true, ...words, ...methods)) as MethodRunOutput;
    expect(promptLength).toBe(Math.floor(0.75 * tokens));
    const half = Math.floor(promptLength / 2);
    expect(rows.map(({ method, budget }) => [method, budget])).toEqual([
      ['snapkv', 4],
      ['snapkv', half],
      ['topk', 4],
      ['topk', half],
    ]);
    for (const row of rows) {
      expect(row).toMatchObject({ fidelity: 'F1', kl: null, nllAnswer: null, accuracy: null, answer: null });
      expect(row.recall).toBeGreaterThan(0);
      expect(row.lostMass).toBeCloseTo(1 - row.recall, 12);
      expect(row.recallByHead.flat()).toHaveLength(48);
      expect(row.kvBytes / row.dense.kvBytes).toBeCloseTo(row.ratio, 12);
    }
    expect(rows[3]!.recall).toBeGreaterThanOrEqual(rows[2]!.recall);
    expect(await printed(false, ...words, ...methods)).toMatch(/^snapkv +4 /m);
  });

  it('refuses parameters of several methods at once, and lengths that leave no query', async () => {
    const words = ['run', '--model', 'demo', '--text', 'The old man', '--method', 'snapkv'];
    await expect(printed(true, ...words, '--method', 'h2o', '--param', 'window=4')).rejects.toThrow('several methods');
    await expect(printed(true, ...words.slice(0, -2))).rejects.toThrow('No method was given.');
    await expect(printed(true, ...words, '--prompt-length', '99')).rejects.toThrow('No query is left');
  });

  it('refuses a method that there is none of', async () => {
    const words = ['select', '--capture', 'x', '--method', 'none', '--prompt-length', '2', '--out', 'y'];
    await expect(printed(true, ...words)).rejects.toMatchObject({ code: 'bad-request' });
  });
});
