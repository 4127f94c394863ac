/** The command against the shipped model. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createConsole } from '../console.ts';
import type { ScoresOptions } from './scores-options.ts';
import { runScores } from './scores.ts';
import type { ScoresResult } from './scores-result.ts';

const LAYERS = 6;
const HEADS = 8;
const KV_HEADS = 4;
let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'headscope-scores-'))));
afterAll(() => rm(folder, { recursive: true }));

async function write(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

/** What it prints on standard output, and the lines on standard error. */
async function printed(options: ScoresOptions, json = true): Promise<{ readonly out: string; readonly err: string }> {
  let [out, err] = ['', ''];
  const streams = {
    out: { write: (text: string) => (out += text) },
    err: { write: (text: string) => (err += text) },
    setExitCode: () => undefined,
  };
  await runScores(createConsole(json, streams), options);
  return { out, err };
}

const scored = async (options: ScoresOptions) => JSON.parse((await printed(options)).out) as ScoresResult;
const shapeOf = (rows: readonly (readonly number[])[] | null | undefined) => rows?.map((row) => row.length);
const SHAPE = new Array<number>(LAYERS).fill(HEADS);

describe('headscope scores', () => {
  it('gives a prompt every score that costs no forwards, with what it was computed by, and says how long it took', async () => {
    const { out, err } = await printed({ model: 'demo', text: 'One fish, two fish. One fish, two fish.' });
    const { model, task, scores } = JSON.parse(out) as ScoresResult;
    expect({ model, task }).toEqual({ model: 'demo', task: null });
    expect(shapeOf(scores['entropy']!.values)).toEqual(SHAPE);
    expect(scores['entropy']).toMatchObject({ badge: 'exact', granularity: 'head', unit: 'nats' });
    expect(scores['streaming']!.parameters).toHaveProperty('window');
    expect(scores['sink']!.floor).toBeGreaterThan(0);
    expect(scores).not.toHaveProperty('retrieval');
    expect(scores).not.toHaveProperty('streaming-kl');
    expect(err).toMatch(/\d+ scores of 48 heads: prompts \d+ ms.*\.\n$/);
  });

  it('takes parameters of scores', async () => {
    const text = 'The old man stood at the door of the house, and looked at the sea for a long time without a word.';
    const options = { model: 'demo', text, scores: 'streaming-mass' };
    const wide = await scored({ ...options, scoreParam: ['streaming-mass.window=12'] });
    const narrow = await scored({ ...options, scoreParam: ['streaming-mass.window=2', 'streaming-mass.sink=0'] });
    expect(wide.scores['streaming-mass']!.parameters).toMatchObject({ window: 12 });
    const mass = ({ scores }: ScoresResult) => scores['streaming-mass']!.values!.flat();
    // What a narrower mask keeps, a wider one keeps too.
    mass(narrow).forEach((value, head) => expect(value).toBeGreaterThanOrEqual(mass(wide)[head]! - 1e-6));
    expect(Math.max(...mass(narrow))).toBeGreaterThan(Math.max(...mass(wide)));
  });

  it('scores a probe set with its spread, and the raster of retrieval', async () => {
    const found = await scored({ model: 'demo', task: 'needle', lengths: '128', samples: 3, scores: 'retrieval,sink' });
    expect(found).toMatchObject({ task: 'needle', samples: 3, seed: 0, parameters: { facts: 4, bos: 1 } });
    const { sink, retrieval } = found.scores;
    expect(sink!.n).toBe(3);
    for (const rows of [sink!.deviation, sink!.low, sink!.high, sink!.active, retrieval!.activation]) {
      expect(shapeOf(rows)).toEqual(SHAPE);
    }
    expect(found.retrieval!.raster!.length).toBeGreaterThan(1);
    expect(shapeOf(found.retrieval!.raster![0])).toEqual(SHAPE);
    expect(Math.max(...retrieval!.values!.flat())).toBeGreaterThan(0.5);
  });

  it('takes the user’s prompts as a probe set', async () => {
    const file = await write(
      'mine.jsonl',
      '{"prompt": "One fish, two fish."}\n{"prompt": [0, 5, 6, 7], "answer": [9]}\n',
    );
    const found = await scored({ model: 'demo', probeFile: file, scores: 'entropy' });
    expect(found).toMatchObject({ task: 'file', samples: 2 });
    expect(found.scores['entropy']!.n).toBe(2);
    const bad = await write('bad.jsonl', '{"prompt": "a"}\n{"prmpt": "a"}\n');
    await expect(scored({ model: 'demo', probeFile: bad })).rejects.toThrow('Line 2');
  });

  it('shows imported tables beside ours, and alone', async () => {
    const rows = Array.from({ length: LAYERS }, (_, layer) => new Array<number>(KV_HEADS).fill(layer / 10).join('\t'));
    const gates = await write('full_attention_heads.tsv', rows.join('\n'));
    const alone = await scored({ model: 'demo', import: [gates] });
    expect(Object.keys(alone.scores)).toContain('imported-full_attention_heads');
    expect(Object.keys(alone.scores)).not.toContain('entropy');
    const both = await scored({ model: 'demo', text: 'One two three.', scores: 'entropy', import: [gates] });
    expect(both.scores['imported-full_attention_heads']).toMatchObject({ badge: 'imported', granularity: 'kv-group' });
    expect(both.scores['imported-full_attention_heads']!.values![3]).toEqual(new Array(HEADS).fill(0.3));
    expect(both.scores).toHaveProperty('entropy');
    const other = await write('other.tsv', '1\t1');
    await expect(scored({ model: 'demo', import: [other] })).rejects.toThrow('other.tsv cannot be imported');
  });

  it('lists the registry without a model, and with one the probe sets', async () => {
    const { out } = await printed({ list: true }, false);
    expect(out).toMatch(/^retrieval +retrieval +needle +forwards/m);
    expect(out).not.toContain('one-token');
    expect((await printed({ list: true, model: 'demo' }, false)).out).toMatch(/^one-token +length=128 bos=-1/m);
  });

  it.each([
    [{ text: 'a', lengths: '8' }, '--lengths is of a probe set'],
    [{ text: 'a', samples: 3 }, '--samples is of a probe set'],
    [{ text: 'a', depths: '0.5' }, '--depths is of a probe set'],
    [{ text: 'a', param: ['facts=2'] }, '--param is of a probe set'],
    [{ scores: 'qk-match', seed: 1 }, '--seed is of a probe set'],
    [{ probeFile: 'mine.jsonl', lengths: '8' }, '--lengths is of prompts that are drawn'],
    [{ probeFile: 'mine.jsonl', samples: 3 }, '--samples is of prompts that are drawn'],
    [{ probeFile: 'mine.jsonl', depths: '0.5' }, '--depths is of prompts that are drawn'],
    [{ probeFile: 'mine.jsonl', task: 'needle' }, 'The probe set needle takes no file'],
    [{ task: 'random', bos: false }, '--bos or --no-bos is of a prompt'],
    [{ text: 'a', scores: 'entropy', scoreParam: ['streaming.window=8'] }, 'the score streaming, which is not'],
    [{ text: 'a', scoreParam: ['streaming-kl.window=8'] }, 'the score streaming-kl, which is not'],
    [{ scores: 'ov-copying', scoreParam: ['streaming.window=8'] }, 'the score streaming, which is not'],
    [{ task: 'random', scores: 'sink', scoreParam: ['qk-match.embedding=1'] }, 'the score qk-match, which is not'],
    [{ task: 'random', scoreParam: ['streaming-kl.window=8'] }, 'the score streaming-kl, which is not'],
  ])('refuses what would be ignored: %j', async (options, message) => {
    await expect(scored({ model: 'demo', ...options })).rejects.toMatchObject({
      code: 'bad-request',
      message: expect.stringContaining(message) as string,
    });
  });

  it('refuses what does not go together', async () => {
    await expect(scored({ text: 'a' })).rejects.toThrow('No model was given.');
    await expect(scored({ model: 'demo', text: 'a', task: 'needle' })).rejects.toThrow('Both a prompt and a task');
    await expect(scored({ model: 'demo', text: 'a', scores: 'retrieval' })).rejects.toThrow('not of one prompt');
    await expect(scored({ model: 'demo', text: 'a', scores: 'nope' })).rejects.toThrow('There is no score “nope”.');
    await expect(scored({ model: 'demo' })).rejects.toThrow('No prompt was given.');
    await expect(scored({ model: 'demo', text: 'a', format: 'xml' })).rejects.toThrow('There is no format “xml”.');
  });
});
