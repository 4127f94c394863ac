/** Figures of the method lab say what a reader needs to know of their numbers. */
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../shared/base/app-error.ts';
import type { FigureSource } from '../../shared/figure/source.ts';
import { fakeSource } from '../../shared/figure/testing/fake-source.ts';
import { pack } from '../../shared/session/packed.ts';
import { LAB_COLUMNS } from '../../shared/view/lab/columns.ts';
import { labRecord, labTaskRecord, methodInfo } from '../../shared/view/lab/testing/records.ts';
import { looksOf } from '../../shared/view/lab/series.ts';
import { hasPython } from './testing/has-python.ts';
import { TEST_RECIPES } from './testing/recipes.ts';
import { renderBytes } from './testing/render.ts';

const source = fakeSource({ tokens: 24, layers: 3, heads: 4, kvHeads: 2 });

const textOf = async (
  view: keyof typeof TEST_RECIPES,
  format: 'svg' | 'csv' | 'json' | 'py',
  more: object = {},
  of = source,
) => (await renderBytes({ ...TEST_RECIPES[view], ...more }, format, of)).bytes.toString('utf8');
const words = (svg: string) => svg.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ');
const group = (svg: string, name: string) => new RegExp(`<g class="${name}">(.*?)</g>`, 's').exec(svg)?.[1] ?? '';
const rowsOf = (csv: string) =>
  csv
    .trim()
    .split(/\r?\n/)
    .map((line) => line.split(','));

describe('methods against their cost', () => {
  it('tells lines apart without colours, and dense attention and the front from them', async () => {
    const svg = await textOf('methods', 'svg');
    const legend = group(svg, 'legend');
    for (const name of ['StreamingLLM', 'SnapKV', 'Quest', 'dense attention', 'Pareto front']) {
      expect(words(legend)).toContain(name);
    }
    const dashes = [...legend.matchAll(/stroke-dasharray="([^"]*)"/g)].map(([, dash]) => dash);
    expect(new Set(dashes).size).toBe(dashes.length);
    expect(dashes).toHaveLength(3);
  });

  it('has the names of methods at their points where each has one, and shapes in the legend', async () => {
    const record = labRecord();
    const rows = record.rows.filter((_, at) => at % 3 === 1);
    const svg = await textOf('methods', 'svg', { result: pack({ ...record, rows }) });
    const names = group(svg, 'names');
    for (const name of ['StreamingLLM', 'SnapKV', 'Quest']) expect(words(names)).toContain(name);
    expect(group(svg, 'legend').match(/<polygon/g)).toHaveLength(3);
    expect(words(group(await textOf('methods', 'svg'), 'names'))).not.toContain('SnapKV');
  });

  it('says fidelity, cut, question, budgets and what failed', async () => {
    const said = words(await textOf('methods', 'svg'));
    for (const part of [
      'F3, generated',
      'question from 16, answer from 22',
      'under the methods from 16 on',
      'The question is unseen when the methods choose',
      'First token: &lt;|bos|&gt;',
      'Budgets as asked: 12.5%, 25%, 50%',
      'Failed: RazorAttention',
      'Not exact: generated.',
    ]) {
      expect(said).toContain(part);
    }
    const seen = labRecord();
    const result = pack({ ...seen, about: { ...seen.about, question: 'seen', fidelity: 'F1' } });
    const other = words(await textOf('methods', 'svg', { result }));
    expect(other).toContain('the query that predicts the first token after it is dense');
    expect(other).toContain('F1, layer-local');
  });

  it('keeps the letters of quantities in its title', async () => {
    const title = (svg: string) => /<title[^>]*>(.*)<\/title>/.exec(svg)![1];
    const found = ['kvBytes', 'stepFlops', 'read'].map(async (cost) => title(await textOf('methods', 'svg', { cost })));
    expect(await Promise.all(found)).toEqual([
      'Answer −log p against KV bytes',
      'Answer −log p against FLOPs',
      'Answer −log p against keys read',
    ]);
  });

  it('names what is emulated or a proxy among its badges', async () => {
    const record = labRecord();
    const rows = record.rows.map((row, at) =>
      at === 0 ? { ...row, info: methodInfo('x', 'X', { badge: 'emulated' }) } : row,
    );
    const said = words(await textOf('methods', 'svg', { result: pack({ ...record, rows }) }));
    expect(said).toContain('Not exact: generated, emulated.');
  });

  it('leaves out of the plot, not of the numbers, what is dense at this length', async () => {
    const record = labRecord();
    const rows = record.rows.map((row, at) =>
      at === 2 && row.result ? { ...row, result: { ...row.result, denseHere: true } } : row,
    );
    const result = pack({ ...record, rows });
    const points = (svg: string) => group(svg, 'StreamingLLM').match(/<polygon/g)?.length;
    expect(points(await textOf('methods', 'svg'))).toBe(3);
    const svg = await textOf('methods', 'svg', { result });
    expect(points(svg)).toBe(2);
    expect(words(svg)).toContain('Dense at this length, so not drawn: StreamingLLM 50%.');
    const [header, ...lines] = rowsOf(await textOf('methods', 'csv', { result }));
    expect(lines).toHaveLength(9);
    expect(lines.map((line) => line[header!.indexOf('denseHere')])).toEqual([
      '0',
      '0',
      '1',
      '0',
      '0',
      '0',
      '0',
      '0',
      '0',
    ]);
  });

  it('has every measure of every row in its numbers', async () => {
    const [header, first] = rowsOf(await textOf('methods', 'csv'));
    const { result } = labRecord().rows[0]!;
    const cell = (name: string) => Number(first![header!.indexOf(name)]);
    expect(first!.slice(0, 5)).toEqual(['sink-window', 'window=4', '', '', '0.125']);
    expect([cell('ratio'), cell('recall'), cell('kl')]).toEqual([0.125, result!.recall, result!.prediction!.kl]);
    expect([cell('nllAnswer'), cell('nllAnswerDense'), cell('accuracy'), cell('accuracyDense')]).toEqual([
      1.875, 0.5, 0, 1,
    ]);
  });
});

describe('numbers of methods', () => {
  it('have all parameters that a row was run with, and which of them were given', async () => {
    const record = labRecord();
    const parameters = { window: 8, page: 16 };
    const origins = { window: 'given', page: 'scaled' } as const;
    const rows = record.rows.map((row, at) =>
      at === 0 && row.result
        ? {
            ...row,
            choice: { ...row.choice, parameters: { window: 8 } },
            result: { ...row.result, resolved: { ...row.result.resolved, parameters, origins } },
          }
        : row,
    );
    const result = pack({ ...record, rows });
    for (const view of ['methods', 'method-table'] as const) {
      const [header, first] = rowsOf(await textOf(view, 'csv', { result }));
      expect(header!.slice(0, 3)).toEqual(['method', 'parameters', 'given parameters']);
      expect(first!.slice(0, 3)).toEqual(['sink-window', 'window=8; page=16', 'window']);
      expect(JSON.parse(await textOf(view, 'json', { result }))).toMatchObject({
        parameters: expect.arrayContaining(['window=8']) as unknown,
      });
      expect(words(await textOf(view, 'svg', { result }))).toContain(
        'Parameters scaled to prompt and model, or given: StreamingLLM window 8 or window 4; SnapKV window 4; Quest window 4.',
      );
    }
  });

  it('say of a row without a budget what the published one came to, alike in all of them', async () => {
    const record = labRecord();
    const rows = record.rows.map((row, at) => {
      const resolved = { budget: 6, budgetOrigin: 'scaled', parameters: {}, origins: {} } as const;
      return at === 3 && row.result
        ? { ...row, choice: { ...row.choice, budget: null }, result: { ...row.result, resolved } }
        : row;
    });
    const result = pack({ ...record, rows });
    for (const view of ['methods', 'method-table'] as const) {
      const csv = await textOf(view, 'csv', { result });
      const [header] = rowsOf(csv);
      expect(header!.slice(5, 7)).toEqual(['budget', 'keys']);
      expect(csv).toContain('snapkv,,,,,"6 keys (scaled from 2,048)",6,');
      expect(csv).toContain(',0.25,25% (6 keys),6,');
      const said = words(await textOf(view, 'svg', { result }));
      expect(said).toContain('Budgets as asked: 12.5%, 25%, 50%; scaled to the prompt: 6 keys; measured');
      expect(said).not.toContain('as published;');
    }
    expect(words(group(await textOf('method-table', 'svg', { result }), 'rows'))).toContain('SnapKV 6 keys, scaled');
    expect(await textOf('kept', 'csv', { result, row: 3 })).toContain('snapkv,"6 keys (scaled from 2,048)",');
    expect(words(await textOf('kept', 'svg', { result, row: 3 }))).toContain('Lost mass of SnapKV @ 6 keys');
  });

  it('have a cell for each number, and none but empty ones where there is none', async () => {
    const [header, ...lines] = rowsOf(
      await textOf('method-table', 'csv', { columns: ['worst', 'nllAnswer', 'accuracy', 'answer', 'drift'] }),
    );
    const [first, failed] = [lines[0]!, lines.at(-1)!];
    const cell = (line: readonly string[], name: string) => line[header!.indexOf(name)];
    const { result } = labRecord().rows[0]!;
    expect(Number(cell(first, 'worst (recall)'))).toBe(result!.worst.recall);
    expect(['worst', 'worst (layer)', 'worst (head)'].map((name) => cell(first, name))).toEqual(['L2H3', '2', '3']);
    expect(
      ['nllAnswer (nats a token)', 'nllAnswerDense (nats a token)', 'accuracy', 'answer'].map((name) =>
        cell(first, name),
      ),
    ).toEqual(['1.875', '0.5', 'no', ' silver']);
    expect(failed.slice(1, -1).filter((text) => text !== '')).toEqual([
      'window=2',
      'window',
      '"as published',
      ' scaled"',
      // What it was asked for.
      'F3',
      'unseen',
      '24',
    ]);
    expect(lines.flat()).not.toContain('–');
  });

  it('say of one method what they are of', async () => {
    const [header, first] = rowsOf(await textOf('kept', 'csv'));
    expect(header!.slice(0, 5)).toEqual(['method', 'budget', 'queries', 'layer', 'head']);
    expect(first!.slice(0, 5)).toEqual(['snapkv', '25% (8 keys)', '16 to 23', '0', '0']);
  });
});

describe('a measure that no row has', () => {
  it('is no empty frame, but says so with the reason', async () => {
    const record = labRecord();
    const rows = record.rows.map((row) =>
      row.result
        ? { ...row, result: { ...row.result, prediction: null, notGiven: { nllAnswer: 'No answer was given.' } } }
        : row,
    );
    const svg = await textOf('methods', 'svg', { result: pack({ ...record, rows }) });
    expect(words(group(svg, 'nothing'))).toContain('Nothing to draw: no row has this measure. No answer was given.');
    expect(svg).not.toContain('<g class="axes">');
    expect(svg).not.toContain('<g class="legend">');
  });
});

describe('methods on a task', () => {
  it('has ticks of accuracy between none, half and all', async () => {
    const axes = words(group(await textOf('accuracy', 'svg'), 'axes'));
    for (const tick of ['0.2', '0.4', '0.6', '0.8']) expect(axes.split(' ')).toContain(tick);
  });

  it('has a panel for each view of the question, the interval of each point, and hollow points where it is seen', async () => {
    const svg = await textOf('accuracy', 'svg');
    const legend = words(group(svg, 'legend'));
    expect(legend.split('SnapKV')).toHaveLength(2);
    expect(legend).not.toContain('question');
    const panel = (of: string, name: string) => of.slice(of.indexOf(`<g class="${name}">`));
    const [unseen, seen] = [panel(svg, 'question unseen'), panel(svg, 'question seen')];
    expect([words(unseen), words(seen)].every((part) => part.includes('keys read'))).toBe(true);
    expect(group(seen, 'intervals').match(/<line/g)).toHaveLength(
      3 * labTaskRecord().rows.filter(({ question }) => question === 'seen').length,
    );
    expect(words(svg)).toContain('15 samples a point');
    expect(words(svg)).toContain('95% Wilson interval');
    const fills = (of: string) =>
      [...group(of, 'SnapKV').matchAll(/<polygon[^>]* fill="([^"]*)"/g)].map(([, fill]) => fill);
    expect(fills(unseen)).toHaveLength(3);
    expect(new Set(fills(seen))).toEqual(new Set(['#ffffff']));
    expect(fills(unseen)).not.toContain('#ffffff');
    // No room for them beside each other.
    const width = (of: string) => Number(/<svg[^>]* width="([\d.]+)/.exec(of)![1]);
    const tall = await textOf('accuracy', 'svg', { widthMm: 85 });
    const left = (of: string, name: string) => /<text[^>]* x="([\d.]+)"/.exec(panel(of, name))![1];
    expect(width(tall)).toBeLessThan(width(svg));
    expect(left(svg, 'question seen')).not.toBe(left(svg, 'question unseen'));
    expect(left(tall, 'question seen')).toBe(left(tall, 'question unseen'));
    const [header, ...lines] = rowsOf(await textOf('accuracy', 'csv'));
    const { rows } = labTaskRecord();
    const at = (name: string) => header!.indexOf(name);
    expect(lines.map((line) => [line[at('question')], Number(line[at('accuracy')]), Number(line[at('low')])])).toEqual(
      rows.map(({ question, accuracy }) => [question, accuracy!.value, accuracy!.low]),
    );
  });
});

describe('the table of methods', () => {
  it('has a dash with its reason where there is no number', async () => {
    const svg = await textOf('method-table', 'svg');
    expect(words(group(svg, 'rows'))).toContain('RazorAttention, window 2 as published, scaled – –');
    expect(words(svg)).toContain('–: RazorAttention needs probe scores.');
    expect(await textOf('method-table', 'csv')).toContain('RazorAttention needs probe scores.');
  });

  it('says in each row of its sheet what the numbers are of', async () => {
    const record = labRecord();
    const rows = record.rows.map((row, at) =>
      at === 1 && row.result ? { ...row, result: { ...row.result, phase: 'prefill' as const } } : row,
    );
    const [header, ...lines] = rowsOf(await textOf('method-table', 'csv', { result: pack({ ...record, rows }) }));
    const cells = (line: number) =>
      ['fidelity', 'badge', 'phase', 'question', 'tokens', 'first query', 'queries'].map(
        (name) => lines[line]![header!.indexOf(name)],
      );
    const { about } = record;
    const { badge, promptLength, rows: queries } = record.rows[0]!.result!;
    const same = [about.question, String(about.tokens)];
    expect(cells(0)).toEqual([about.fidelity, badge, 'decode', ...same, String(promptLength), String(queries)]);
    expect(cells(1).slice(2)).toEqual(['prefill', ...same, '0', String(queries)]);
  });

  const many = (methods: number) => {
    const { rows, ...record } = labRecord();
    const made = Array.from({ length: methods }, (_, at) =>
      rows.slice(0, 3).map((row) => ({
        ...row,
        choice: { ...row.choice, method: `m${at}` },
        info: { ...row.info, name: `StreamingLLM (sink + window) ${at}` },
      })),
    );
    return pack({ ...record, rows: made.flat() });
  };
  const columns = LAB_COLUMNS.map(({ id }) => id);
  const heightOf = (svg: string) => Number(/<svg[^>]* height="([\d.]+)mm"/.exec(svg)![1]);

  it('keeps within a page, by closer rows and then by fewer columns, which it names', async () => {
    const svgs = await Promise.all(
      [11, 16, 40].map((count) => textOf('method-table', 'svg', { result: many(count), columns })),
    );
    for (const svg of svgs) expect(heightOf(svg)).toBeLessThanOrEqual(297);
    expect(words(group(svgs[1]!, 'left-out'))).toMatch(/\d+ columns more: .*NEEDED/);
    // What says least goes first, with its sentence in the caption.
    expect(words(group(svgs[1]!, 'head'))).toContain('after W_O');
    expect(words(svgs[1]!)).not.toContain('NEEDED: Keys');
    expect(words(svgs[2]!)).toMatch(/\d+ rows more .*\d+ columns more: .*lost mass/);
    const all = await textOf('method-table', 'svg', { result: many(11), columns, heightMm: 400 });
    expect(words(all)).not.toContain('columns more');
    expect(heightOf(all)).toBe(400);
  });

  it('cuts no number, and shortens a name rather than begin another part', async () => {
    const record = labRecord();
    const rows = record.rows.flatMap((row, at) => {
      if (!row.result) return [];
      const { prediction } = row.result;
      const own = { ...row.result, prediction: { ...prediction!, nllAnswer: 12.34, nllAnswerDense: 2.8e-4 } };
      return at % 3 === 0
        ? [{ ...row, info: { ...row.info, name: `${row.info.name} (sink + window)` }, result: own }]
        : [];
    });
    const svg = await textOf('method-table', 'svg', { result: pack({ ...record, rows }), widthMm: 160 });
    const drawn = words(group(svg, 'rows'));
    expect(drawn).toContain('2.8e−4 → 12.3 (+12.34)');
    expect(drawn).toContain('StreamingLLM 12.5%');
    expect(svg.match(/<g class="head">/g)).toHaveLength(1);
    expect(words(svg)).not.toContain('Oracles');
    const oracle = rows.map((row) => ({ ...row, info: { ...row.info, badge: 'oracle' as const } }));
    expect(words(await textOf('method-table', 'svg', { result: pack({ ...record, rows: oracle }) }))).toContain(
      'as dense attention: StreamingLLM, SnapKV, Quest.',
    );
    const few = await textOf('method-table', 'svg', { result: pack({ ...record, rows }), columns: ['read'] });
    expect(words(group(few, 'rows'))).toContain('StreamingLLM (sink + window) 12.5%');
  });

  it('has line ends of an answer as letters, a formula on one line, and reasons of dashes that are drawn', async () => {
    const record = labRecord();
    const rows = record.rows.flatMap((row) => {
      if (!row.result) return [];
      const generated = { ...row.result.generated!, text: ' war\n\nwar' };
      return [{ ...row, result: { ...row.result, generated, prediction: null, notGiven: { kl: 'No logits.' } } }];
    });
    const result = pack({ ...record, rows });
    const svg = await textOf('method-table', 'svg', { result, columns: ['outputError', 'kl', 'answer'] });
    expect(words(group(svg, 'rows'))).toContain('war⏎⏎war');
    expect(group(svg, 'head')).toContain('>|z′ − z| / |z|<');
    expect(words(svg)).toContain('so not drawn: KL. No logits.');
    expect(words(svg)).not.toContain('–: No logits.');
  });

  it('cuts no name where there is room for it', async () => {
    const rows = words(group(await textOf('method-table', 'svg', { result: many(2), columns }), 'rows'));
    expect(rows).toContain('StreamingLLM (sink + window) 0');
  });

  it('draws no column without a value in any row, unless there is no other', async () => {
    const record = labRecord();
    const rows = record.rows.map((row) => (row.result ? { ...row, result: { ...row.result, generated: null } } : row));
    const result = pack({ ...record, rows });
    const svg = await textOf('method-table', 'svg', { result, columns: ['read', 'accuracy', 'drift'] });
    expect(words(group(svg, 'head'))).not.toContain('like dense');
    expect(words(svg)).toContain('Without a value in any row, so not drawn: right, like dense.');
    const alone = await textOf('method-table', 'svg', { result, columns: ['drift'] });
    expect(words(group(alone, 'head'))).toContain('like dense');
  });
});

describe('keys that a head reads', () => {
  it('are bits of the engine, with the future apart', async () => {
    const [header, ...lines] = rowsOf(await textOf('ribbon', 'csv'));
    expect([header!.length, lines.length]).toEqual([25, 8]);
    // The first two keys and the last three: of layer 0, head 0.
    expect(lines[0]).toEqual([
      '16',
      '1',
      '1',
      ...Array<string>(12).fill('0'),
      '1',
      '1',
      '1',
      ...Array<string>(7).fill(''),
    ]);
    expect(words(await textOf('ribbon', 'svg'))).toContain('Framed: query 20');
  });

  it('have the positions of keys at their axis, with the tokens behind them', async () => {
    const axis = words(group(await textOf('ribbon', 'svg'), 'key-axis'));
    const labels = axis.replace('key (column)', '').trim();
    expect(labels).toMatch(/^0 <|^0 &lt;/);
    const positions = [...labels.matchAll(/(\d+) w(\d+)/g)].map(([, at, word]) => [Number(at), Number(word)]);
    expect(positions.length).toBeGreaterThan(5);
    for (const [at, word] of positions) expect(at).toBe(word);
    const narrow = words(group(await textOf('ribbon', 'svg', { widthMm: 60, fontPt: 9 }), 'key-axis'));
    expect(narrow).toMatch(/\b\d+\b/);
  });

  it('say what is dashed, also where the legend is full', async () => {
    for (const widthMm of [180, 60]) {
      const legend = words(group(await textOf('ribbon', 'svg', { widthMm }), 'legend'));
      expect(legend).toContain('dashed: first token of question and answer');
    }
  });

  it('are refused where they were too much to be kept, and where the engine has forgotten them', async () => {
    const record = labRecord();
    const rows = record.rows.map((row) => (row.result ? { ...row, result: { ...row.result, trace: null } } : row));
    await expect(textOf('ribbon', 'csv', { result: pack({ ...record, rows }) })).rejects.toMatchObject({
      code: 'not-stored',
    });
    await expect(textOf('ribbon', 'csv', { row: 9 })).rejects.toMatchObject({ code: 'bad-request' });
    const gone = new AppError('unknown-run', 'What this method read is no longer held by the engine.');
    const forgetful: FigureSource = { ...source, ask: () => Promise.reject(gone) };
    await expect(textOf('ribbon', 'csv', {}, forgetful)).rejects.toBe(gone);
  });
});

describe('maps under methods', () => {
  it('have what is not read in a tint of its own, and as zero in the numbers', async () => {
    const svg = await textOf('method-maps', 'svg');
    for (const word of ['dropped', 'read (lost)', 'masked', 'SnapKV @ 25%: difference'])
      expect(words(svg)).toContain(word);
    const cells = rowsOf(await textOf('method-maps', 'csv')).filter(
      ([map, query, key]) => map === 'SnapKV @ 25%' && query === '20' && (key === '1' || key === '10'),
    );
    expect(cells.map((cell) => Math.fround(Number(cell[3])))).toEqual([Math.fround(1.5 / 21), 0]);
    const dense = rowsOf(await textOf('method-maps', 'csv', { maps: [{ row: null }, { row: 4 }] }));
    expect(new Set(dense.slice(1).map(([map]) => map))).toEqual(new Set(['dense', 'SnapKV @ 25%']));
  });
});

describe('titles of maps under methods', () => {
  it('keep budget and value where there is no room for all of it', async () => {
    const svg = await textOf('method-maps', 'svg', {
      widthMm: 85,
      maps: [{ row: 0 }, { row: 4, value: 'difference' }],
    });
    expect(svg).toMatch(/>[^<]*… @ 12\.5%<|>StreamingLLM @ 12\.5%</);
    expect(svg).toMatch(/>[^<]* @ 25%: difference</);
    expect(words(svg)).toContain('Difference: Attention under the method minus dense attention.');
  });
});

describe('keys by layer and head', () => {
  it('have their unit once, and grids below each other that keep to a page', async () => {
    const svg = await textOf('allocation', 'svg', { widthMm: 85, rows: [0, 1, 2, 3, 4, 5] });
    expect(words(svg)).toContain('Keys read, mean over queries');
    expect(words(svg)).not.toContain('Keys read, keys');
    expect(words(await textOf('kept', 'svg', { quantity: 'outputError' }))).toContain(
      'Output error, |z′ − z| / |z|, mean',
    );
    expect(Number(/<svg[^>]* height="([\d.]+)mm"/.exec(svg)![1])).toBeLessThan(297);
  });
});

describe('text under a method', () => {
  it('shows where both part, with the keys that each step read, and says what is no longer known', async () => {
    const { bytes, notes } = await renderBytes(TEST_RECIPES.decode, 'csv', source);
    const [header, ...lines] = rowsOf(bytes.toString('utf8'));
    const at = (name: string) => header!.indexOf(name);
    const own = lines.filter((line) => line[0]!.includes('SnapKV'));
    expect(own).toHaveLength(5);
    // 2 + 3 + layer + head: the mean over 3 layers of 4 heads.
    for (const line of own) expect(Number(line[at('keys read')])).toBe(7.5);
    expect(lines.filter((line) => line[0] === 'dense').map((line) => line[at('keys read')])).toEqual(['', '', '', '']);
    expect(notes).toEqual(['What was read is no longer held for: dense.']);
    expect(words(await textOf('decode', 'svg'))).toContain('They part at token');
  });
});

describe('scripts of the method lab', () => {
  const LAB_VIEWS = [
    'methods',
    'accuracy',
    'method-table',
    'allocation',
    'kept',
    'ribbon',
    'method-maps',
    'decode',
  ] as const;

  it.skipIf(!hasPython).each(LAB_VIEWS)('%s is Python', async (view) => {
    const script = await textOf(view, 'py');
    execFileSync('python3', ['-c', 'import sys; compile(sys.stdin.read(), "figure.py", "exec")'], { input: script });
  });

  it('draw a panel for each view of the question, and the lines as the figure has them', async () => {
    const script = await textOf('accuracy', 'py');
    expect(script).toMatch(/\("question unseen", None, \[\[\(.*\n +\("question seen", None, \[/);
    expect(script).toContain('hollow = ["question seen"]');
    expect(script).toContain("np.char.add('question ', data['question']) == panel");
    expect(script).toContain("yerr=around, fmt='none'");
    const record = labTaskRecord(['unseen']);
    const one = await textOf('accuracy', 'py', { result: pack(record) });
    expect(one).toContain('("", None, [[(');
    expect(one).not.toContain('== panel');
    for (const [key, { colour }] of looksOf(record.rows.map(({ choice }) => choice))) {
      const [method] = JSON.parse(key) as [string];
      expect(script).toContain(`"${record.names[method]!}": ('${colour}', 'o', `);
    }
  });

  it('have dense attention, names at points and axes as the figure has them', async () => {
    const script = await textOf('methods', 'py', { measure: 'recall', cost: 'read', log: true });
    expect(script).toMatch(/\("", 1, \[/);
    expect(script).toContain("ax.set_xscale('log', base=2)");
    expect(script).toContain('ax.set_xlabel("keys read at a step, mean over layers, heads and queries")');
    expect(script).toContain("f'{keys[at]:.0f}'");
    const rows = labRecord().rows.map((row) => ({ ...row, result: null }));
    const none = await textOf('methods', 'py', { result: pack({ ...labRecord(), rows }) });
    expect(none).toContain('ax.text(0.5, 0.5, "Nothing to draw');
  });
});
