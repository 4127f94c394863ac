import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MethodInfo } from '../../../shared/model/method.ts';
import { printedLine } from '../testing/printed.ts';
import type { MethodRunOutput } from './methods-run.ts';
import type { MethodTaskOutput } from './methods-task.ts';
import type { MethodSelectResult } from './methods.ts';

let folder = '';
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'headscope-methods-'))));
afterAll(() => rm(folder, { recursive: true }));

/** Standard output of a command line. */
const printed = (json: boolean, ...words: readonly string[]) => printedLine(json, 'methods', ...words);

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
    expect(rows.map(({ asked }) => asked)).toEqual([{ keys: 4 }, { share: 0.5 }, { keys: 4 }, { share: 0.5 }]);
    const table = await printed(false, ...words, ...methods, '--method', 'kivi');
    expect(table).toMatch(/^snapkv +4 keys /m);
    expect(table).toMatch(new RegExp(`^topk +50% \\(${half} keys\\) `, 'm'));
    expect(table).toMatch(/^kivi +none /m);
    const own = await printed(false, ...words.slice(0, 5), '--method', 'topk');
    expect(own).toMatch(/^topk +\d+ keys \(scaled from [\d,]+\) /m);
  });

  it('measures the others where a budget does not fit one, and says which and why', async () => {
    const words = ['run', '--model', 'demo', '--text', 'The cat sat on the mat', '--budget', '1', '--budget', '3'];
    const methods = ['--method', 'topk', '--method', 'sink-window', '--method', 'kivi'];
    const { rows, failures, notes } = JSON.parse(await printed(true, ...words, ...methods)) as MethodRunOutput;
    expect(rows.filter(({ method }) => method === 'topk').map(({ budget }) => budget)).toEqual([1, 3]);
    expect(rows.filter(({ method }) => method === 'sink-window').length + failures.length).toBe(2);
    expect(failures[0]).toMatchObject({ method: 'sink-window', asked: { keys: 1 }, error: { code: 'bad-request' } });
    expect(notes).toEqual([expect.stringMatching(/^kivi: no budget is taken/)]);
    const table = await printed(false, ...words, ...methods);
    expect(table).toMatch(/^Not run\nsink-window at 1 key: .*too small/m);
    expect(table).toMatch(/^kivi: no budget is taken/m);
    expect(table).not.toContain('-0.0 %');
    await expect(printed(true, ...words.slice(0, 7), '--method', 'sink-window')).rejects.toThrow('too small');
    // Nothing else but the first keys is there.
    const tiny = await printed(
      false,
      'run',
      '--model',
      'demo',
      '--text',
      'a',
      '--no-bos',
      '--method',
      'vertical-slash',
    );
    expect(tiny).toMatch(/^–: No query gives weight to keys after the first 4/m);
  });

  it('tells at F3 what is predicted and generated, and what methods have in common', async () => {
    const text = 'The old man stood at the door of the house. The old man stood at the door of the';
    const words = ['run', '--model', 'demo', '--text', text, '--answer', ' house', '--question-start', 'The old'];
    const methods = ['--method', 'sink-window', '--method', 'dense', '--param', 'sink=1'];
    await expect(printed(true, ...words, ...methods)).rejects.toThrow('several methods');
    const given = [...words, '--method', 'window', '--method', 'dense', '--budget', '2', '--fidelity', 'F3'];
    const result = JSON.parse(await printed(true, ...given, '--max-tokens', '4')) as MethodRunOutput;
    const { rows, overlap, tokens, promptLength, answerStart } = result;
    expect([tokens - answerStart!, promptLength]).toEqual([1, 12]);
    const [window, dense] = rows;
    expect(window).toMatchObject({ method: 'window', fidelity: 'F3', budget: 2, badge: 'generated' });
    expect(dense!.kl).toBeLessThan(1e-6);
    expect(window!.kl).toBeGreaterThan(0.01);
    expect(window!.klByQuery).toHaveLength(tokens - 12);
    expect(dense!.nllAnswer).toBeCloseTo(dense!.nllAnswerDense!, 6);
    expect(dense!.answer).toBe(dense!.answerDense);
    expect(window!.answerDense).toBe(dense!.answer);
    // Two keys of 13 to 22.
    const share = [...Array(10).keys()].reduce((sum, row) => sum + 2 / (13 + row), 0) / 10;
    expect(overlap).toMatchObject([{ methods: ['window', 'dense'], budgets: [2, null] }]);
    expect(overlap[0]!.mean).toBeCloseTo(share, 6);
    expect(overlap[0]!.byHead.flat()).toHaveLength(48);
    const table = await printed(false, ...given);
    expect(table).toContain('through all layers, and generating (F3)');
    expect(table).toContain('Keys that both read, of those that either reads');
  });

  it('runs methods on a task, a row for each view of the question, method and budget', async () => {
    const words = ['run', '--model', 'demo', '--task', 'needle', '--lengths', '96', '--facts', '1', '--samples', '2'];
    const asked = ['--method', 'dense', '--method', 'snapkv', '--budget', '8', '--budget', '25%'];
    const views = ['--question', 'seen', '--question', 'unseen'];
    const { rows, lengths } = JSON.parse(
      await printed(true, ...words, ...asked, ...views, '--fidelity', 'F3'),
    ) as MethodTaskOutput;
    expect(lengths).toEqual([96]);
    expect(rows.map(({ method, asked: budget, question }) => [question, method, budget])).toEqual(
      ['seen', 'unseen'].flatMap((view) => [
        [view, 'dense', null],
        [view, 'snapkv', { keys: 8 }],
        [view, 'snapkv', { share: 0.25 }],
      ]),
    );
    for (const { accuracy, accuracyLow, accuracyHigh, n } of rows) {
      expect(accuracy).toBeGreaterThanOrEqual(accuracyLow!);
      expect(accuracy).toBeLessThanOrEqual(accuracyHigh!);
      expect(n).toBe(2);
    }
    const plain = JSON.parse(await printed(true, ...words, ...asked)) as MethodTaskOutput;
    expect(plain.rows).toHaveLength(3);
    expect(plain.rows[1]).toMatchObject({ fidelity: 'F1', question: 'unseen', kl: null, accuracy: null });
    expect(await printed(false, ...words, ...asked)).toMatch(/^snapkv +8 keys +unseen +– /m);
  });

  it('refuses on a task what belongs to a prompt, and on a prompt what belongs to a task', async () => {
    const words = ['run', '--model', 'demo', '--method', 'snapkv'];
    await expect(printed(true, ...words, '--task', 'needle', '--text', 'x')).rejects.toThrow(
      '--text belongs to a prompt',
    );
    await expect(printed(true, ...words, '--text', 'x', '--seed', '1')).rejects.toThrow('--seed belongs to a task');
    await expect(printed(true, ...words, '--task', 'copy')).rejects.toThrow('no question apart from its context');
    await expect(printed(true, ...words, '--text', 'x', '--question', 'maybe')).rejects.toThrow('Give unseen or seen.');
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
