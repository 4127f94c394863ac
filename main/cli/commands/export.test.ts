import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseParams } from '../../../shared/contract/parse-params.ts';
import { parseInterventions } from '../../../shared/model/intervention-text.ts';
import type { SessionState } from '../../../shared/session/session-state.ts';
import { NOTHING_CARRIED, type ContentRun } from '../../files/session/session-content.ts';
import { saveSessionFile } from '../../files/session/session-file.ts';
import { createConsole } from '../console.ts';
import { withEngine } from '../with-engine.ts';
import { runExport, type ExportOptions, type ExportResult } from './export.ts';

const TEXT = 'The cat sat on the mat, and the cat sat on the hat.';
const ABLATE = 'L1H3=zero';
const HEADS = [
  { layer: 1, head: 0 },
  { layer: 2, head: 5 },
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headscope-'));
  await saveSession(join(folder, 'notes.headscope'));
});
afterAll(() => rm(folder, { recursive: true }));

const at = (name: string) => join(folder, name);
const quiet = () => {
  const lines: string[] = [];
  const stream = { write: (text: string) => lines.push(text) };
  return {
    lines,
    console: createConsole(true, { out: stream, err: { write: () => true }, setExitCode: () => undefined }),
  };
};

async function exported(
  options: Partial<ExportOptions> & { readonly out: string },
): Promise<ExportResult & { bytes: Buffer }> {
  const { lines, console } = quiet();
  await runExport(console, { caption: true, replace: true, set: [], widthMm: 90, ...options });
  const result = JSON.parse(lines.join('')) as ExportResult;
  return { ...result, bytes: await readFile(options.out) };
}

/** What a person saves after looking at two heads. */
async function saveSession(path: string): Promise<void> {
  const { console } = quiet();
  await withEngine(console, {}, async ({ engine, context }) => {
    const { handlers } = engine;
    const { bosByDefault } = await handlers['model.open']({ path: 'demo' }, context);
    const prompt = { kind: 'text', text: TEXT, bos: bosByDefault } as const;
    const start = (interventions: string) =>
      handlers['run.start'](
        parseParams('run.start', { prompt, interventions: parseInterventions(interventions) }),
        context,
      );
    const [clean, changed] = [await start(''), await start(ABLATE)];
    const runs: ContentRun[] = [];
    for (const [role, { runId }] of [
      ['clean', clean],
      ['changed', changed],
    ] as const) {
      const choice = parseParams('run.store', {
        runId,
        clean: role === 'changed' ? clean.runId : null,
        heads: HEADS,
        tokenRows: HEADS.map((head) => ({ ...head, index: 3 })),
        maps: HEADS.map((head) => ({ ...head, value: 'probability', reducer: 'max' })),
      });
      runs.push({ role, run: await handlers['run.store'](choice, context), tensors: null });
    }
    const state: SessionState = {
      edit: {
        version: 1,
        data: {
          interventions: parseInterventions(ABLATE),
          head: HEADS[1],
          pinnedToken: 3,
          comparison: null,
          folds: [],
        },
      },
    };
    await saveSessionFile(
      path,
      { state, runs, traces: [], tokenizer: null, createdAt: '2026-01-01T00:00:00.000Z', carried: NOTHING_CARRIED },
      { appVersion: '1.0.0', now: () => new Date('2026-01-01T00:00:00.000Z'), replaceAnything: false },
    );
  });
}

const live = { model: 'demo', text: TEXT, ablate: ABLATE };

describe('headscope export', () => {
  it('draws from a session what it draws with the model, to the byte, where numbers are stored whole', async () => {
    const cases = [
      { view: 'atlas', score: 'previous', format: 'png' },
      { view: 'maps', run: 'changed', format: 'svg' },
      { view: 'ranked', score: 'sink', format: 'png' },
      { view: 'ranked', score: 'sink', format: 'csv' },
      { view: 'distance', head: 'L2H5', format: 'npz' },
      { view: 'strip', head: 'L2H5', token: 3, format: 'png' },
      { view: 'next', format: 'svg' },
      { view: 'effect', format: 'png' },
      { view: 'effect', format: 'json' },
    ] as const;
    for (const options of cases) {
      const stored = await exported({ session: at('notes.headscope'), out: at('stored'), ...options });
      const made = await exported({ ...live, out: at('live'), ...options });
      expect(stored.bytes.equals(made.bytes), JSON.stringify(options)).toBe(true);
    }
  });

  it('draws a stored map as what it is, and says so', async () => {
    const stored = await exported({ session: at('notes.headscope'), view: 'map', out: at('map.svg') });
    const svg = stored.bytes.toString('utf8');
    // The head that was selected.
    expect(svg).toContain('>L2H5</text>');
    expect(svg).toContain('8-bit');
    expect(
      (await exported({ ...live, view: 'map', head: 'L2H5', out: at('map.svg') })).bytes.toString('utf8'),
    ).not.toContain('8-bit');
  });

  it('takes the recipe out of a figure again', async () => {
    const first = await exported({
      ...live,
      view: 'map',
      head: 'L1H0-L2H5',
      out: at('a.json'),
      set: ['gamma=0.7', 'columnMean=false'],
    });
    expect(first.bytes.toString('utf8')).toContain('"gamma":0.7');
    const { headscope } = JSON.parse(first.bytes.toString('utf8')) as { headscope: object };
    await writeFile(at('recipe.json'), JSON.stringify(headscope));
    const again = await exported({ ...live, recipe: at('recipe.json'), out: at('b.json') });
    expect(again.bytes.equals(first.bytes)).toBe(true);
  });

  it('draws what the model generates', async () => {
    const { view, bytes } = await exported({ ...live, view: 'generation', generate: 6, out: at('text.csv') });
    expect(view).toBe('generation');
    expect(bytes.toString('utf8').trimEnd().split('\n')).toHaveLength(1 + 2 * 6);
  });

  it.each([
    [{ ...live, view: 'map' }, 'is of a head'],
    [{ ...live, view: 'map', head: 'L9H0' }, 'no head of this model'],
    [{ ...live, view: 'nothing' }, 'no view “nothing”'],
    [{ ...live, view: 'results' }, 'is of two results'],
    [{ ...live, view: 'atlas', format: 'pdf' }, 'no format “pdf”'],
    [{ ...live, view: 'atlas', set: ['gamma'] }, 'sets nothing'],
    [{ ...live, view: 'atlas', set: ['values=many'] }, 'does not fit: values'],
    [{ view: 'atlas' }, 'not said what to draw'],
    [{ session: 'x', model: 'demo', view: 'atlas' }, 'Both a session and a model'],
  ] as const)('refuses %j', async (options, sentence) => {
    await expect(exported({ out: at('x.png'), ...options })).rejects.toThrow(sentence);
  });

  it('says what a session does not hold', async () => {
    const session = at('notes.headscope');
    await expect(exported({ session, view: 'map', head: 'L4H4', out: at('x.png') })).rejects.toMatchObject({
      code: 'not-stored',
    });
    await expect(exported({ session, view: 'generation', out: at('x.png') })).rejects.toMatchObject({
      code: 'not-stored',
    });
  });
});
