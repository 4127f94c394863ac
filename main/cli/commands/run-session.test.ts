/** `headscope run --session`: what it writes is what a window saves. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatHead } from '../../../shared/model/head-id.ts';
import { openSessionFile } from '../../files/session/session-file.ts';
import { createConsole } from '../console.ts';
import { runRun, type RunOptions, type RunResult } from './run.ts';

const TEXT = 'The cat sat on the mat, and the cat sat on the hat.';
/** Which goes on with a word that was there. */
const COPIED = 'Amber wolves fold seven paper rivers. Amber wolves fold seven paper';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headscope-'));
});
afterAll(() => rm(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

async function run(options: Partial<RunOptions>): Promise<{ result: RunResult; notes: string }> {
  const lines: string[] = [];
  const notes: string[] = [];
  const console = createConsole(true, {
    out: { write: (text: string) => lines.push(text) },
    err: { write: (text: string) => notes.push(text) },
    setExitCode: () => undefined,
  });
  await runRun(console, { model: 'demo', ...options });
  return { result: JSON.parse(lines.join('')) as RunResult, notes: notes.join('') };
}

describe('headscope run --session', () => {
  it('keeps prompt, interventions, both runs and what was generated', async () => {
    const { result, notes } = await run({
      text: TEXT,
      ablate: 'L1H3',
      heads: 'L2H5,l1h0,L2H5',
      generate: 3,
      session: at('both'),
    });
    // On a machine that is slow today, progress is told too.
    expect(notes.replaceAll(/^.*\d+%.*\n/gm, '')).toBe('');
    expect(result.session).toMatchObject({ path: at('both.headscope'), heads: ['L2H5', 'L1H0'] });
    expect((await readFile(at('both.headscope'))).length).toBe(result.session!.bytes);

    const { state, runs, warnings, manifest } = await openSessionFile(at('both.headscope'));
    expect(warnings).toEqual([]);
    expect(manifest.tokenizer?.sha256).toMatch(/^[0-9a-f]{64}$/);
    const interventions = [{ what: 'zero', where: { layer: 1, head: 3 } }];
    const source = { kind: 'text', text: TEXT, bos: true };
    expect(state).toMatchObject({
      prompt: { data: { text: TEXT, bos: true, ran: { source, cut: false } } },
      edit: { data: { scenarios: [{ interventions }], head: { layer: 2, head: 5 } } },
      generation: { data: { origin: { source, interventions }, settings: { maxTokens: 3, choice: 'greedy' } } },
    });
    const lines = state['generation']!.data as Record<'clean' | 'changed', { tokens: { id: number }[] }>;
    expect(lines.changed.tokens.map(({ id }) => id)).toEqual(result.generated!.ids);
    expect(lines.clean.tokens.map(({ id }) => id)).toEqual(result.generatedClean!.ids);

    expect(runs.map(({ role, tensors }) => [role, tensors])).toEqual([
      ['clean', null],
      ['changed', null],
    ]);
    const [clean, changed] = runs.map(({ run: stored }) => stored);
    expect(changed!.summary.interventions).toEqual(interventions);
    expect(changed!.comparison!.kl).toBe(result.kl);
    expect(clean!.summary.next.map(({ prob }) => prob)).toEqual(result.before!.map(({ prob }) => prob));
    for (const { heads, maps, tokenRows, summary } of [clean!, changed!]) {
      expect(heads.map(formatHead)).toEqual(['L2H5', 'L1H0']);
      expect(maps.map((map) => [formatHead(map), map.value, map.reducer])).toEqual([
        ['L2H5', 'probability', 'max'],
        ['L1H0', 'probability', 'max'],
      ]);
      expect(tokenRows.map(({ index }) => index)).toEqual([summary.ids.length - 1, summary.ids.length - 1]);
    }
  });

  it('keeps the heads that stand out where none are named, from the highest copy score on', async () => {
    await writeFile(at('prompt.txt'), COPIED);
    const { result } = await run({ file: at('prompt.txt'), session: at('file.headscope') });
    const { state, runs } = await openSessionFile(at('file.headscope'));
    expect(runs[0]!.run.heads).toHaveLength(8);
    const copy = runs[0]!.run.scores.find(({ info }) => info.id === 'copy')!.values!;
    const best = copy.indexOf(Math.max(...copy));
    const { heads } = runs[0]!.run.model;
    const expected = { layer: Math.floor(best / heads), head: best % heads };
    expect(state).toMatchObject({ edit: { data: { head: expected } } });
    expect(result.session!.heads[0]).toBe(formatHead(expected));
  });

  it('keeps the tensors of ids, whose prompt is ids, and leaves no other file', async () => {
    await writeFile(at('ids.json'), '[0, 5, 6, 5, 6, 7]');
    const before = await readdir(folder);
    const { result } = await run({ ids: at('ids.json'), heads: 'all', includeTensors: true, session: at('ids') });
    expect((await readdir(folder)).sort()).toEqual([...before, 'ids.headscope'].sort());
    const { state, runs } = await openSessionFile(at('ids.headscope'));
    expect(state['prompt']!.data).toMatchObject({ idsText: '0, 5, 6, 5, 6, 7', ran: { source: { kind: 'ids' } } });
    const { run: stored, tensors } = runs[0]!;
    expect([...stored.summary.ids]).toEqual([0, 5, 6, 5, 6, 7]);
    expect(stored.heads).toHaveLength(stored.model.layers * stored.model.heads);
    expect(result.session!.heads).toHaveLength(stored.heads.length);
    const { layers, heads, kvHeads, headDim } = stored.model;
    expect(tensors!.bytes).toBeGreaterThan(4 * layers * 6 * ((heads + kvHeads) * headDim + heads));
  });

  it('replaces a session, but nothing else', async () => {
    await writeFile(at('thesis.headscope'), 'my thesis');
    await expect(run({ text: TEXT, session: at('thesis') })).rejects.toMatchObject({ code: 'not-allowed' });
    expect(await readFile(at('thesis.headscope'), 'utf8')).toBe('my thesis');
    await run({ text: TEXT, heads: 'L0H0', session: at('again') });
    const first = await readFile(at('again.headscope'));
    await run({ text: TEXT, heads: 'L0H1', session: at('again') });
    expect((await readFile(at('again.headscope.bak'))).equals(first)).toBe(true);
  });

  it.each([
    [{ heads: 'L0H1' }, 'there is none'],
    [{ includeTensors: true }, 'there is none'],
    [{ session: 'x', heads: 'L9H0' }, '“L9H0” is no head'],
    [{ session: 'x', heads: '' }, '“” is no head'],
  ])('refuses %j', async (options, sentence) => {
    await expect(run({ text: TEXT, ...options })).rejects.toThrow(sentence);
  });
});
