/** Figures of sweeps and patching say what a reader needs to know of their numbers. */
import { describe, expect, it } from 'vitest';
import { fakeSource } from '../../shared/figure/testing/fake-source.ts';
import { pack } from '../../shared/session/packed.ts';
import { ABOUT, patchResult } from '../../shared/view/effects/testing/records.ts';
import { TEST_RECIPES } from './testing/recipes.ts';
import { renderBytes } from './testing/render.ts';

const source = fakeSource({ tokens: 8, layers: 2, heads: 3, kvHeads: 3 });

const textOf = async (view: keyof typeof TEST_RECIPES, format: 'svg' | 'csv', more: object = {}) =>
  (await renderBytes({ ...TEST_RECIPES[view], ...more }, format, source)).bytes.toString('utf8');
const words = (svg: string) => svg.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ');
const group = (svg: string, name: string) => new RegExp(`<g class="${name}">(.*?)</g>`, 's').exec(svg)?.[1] ?? '';

describe('keys left out of a row', () => {
  it('has a bar for each that does something, and lists the strongest first', async () => {
    const svg = await textOf('keys', 'svg');
    expect(group(svg, 'keys').match(/<rect/g)).toHaveLength(3);
    const listed = words(group(svg, 'top-keys'));
    expect(listed.indexOf('·t0')).toBeLessThan(listed.indexOf('·t1'));
    expect(listed).toContain('−3.000');
    expect(words(svg)).toContain('Not exact: layer-local.');
    const bare = await textOf('keys', 'svg', { by: 'deviation', rows: 0 });
    expect(words(bare)).not.toContain('Not exact');
    expect(group(bare, 'top-keys')).toBe('');
  });

  it('has every key in its numbers, an empty cell for one with all the weight', async () => {
    const rows = (await textOf('keys', 'csv')).trim().split(/\r?\n/);
    expect(rows).toHaveLength(5);
    expect(rows[2]).toBe('1,·t1,0.25,,,1');
  });
});

describe('paths from a head', () => {
  it('are three maps with the number to the logits; what is not after the sender has no number', async () => {
    const svg = await textOf('paths', 'svg');
    for (const name of ['into queries', 'into keys', 'into values']) expect(words(svg)).toContain(name);
    expect(svg.match(/<g class="selected">/g)).toHaveLength(3);
    expect(words(svg)).toMatch(/recovered: 0 = still as corrupted, 1 = as clean/);
    const rows = (await textOf('paths', 'csv')).trim().split(/\r?\n/);
    expect(rows).toHaveLength(1 + 1 + 3 * 6);
    expect(rows.slice(2, 7)).toEqual(['q,0,0,', 'q,0,1,', 'q,0,2,', 'q,1,0,0', 'q,1,1,0.5']);
  });
});

describe('importance', () => {
  it('has a dot a head with both values, the diagonal, and the errors in words', async () => {
    const svg = await textOf('importance', 'svg');
    expect(group(svg, 'heads').match(/<rect/g)).toHaveLength(5);
    expect(words(svg)).toContain('1 head without a value');
    for (const widthMm of [85, 180]) {
      const errors = group(await textOf('importance', 'svg', { widthMm }), 'errors');
      expect(words(errors)).toContain('largest |error| 0.750 nats');
    }
    const [header, first] = (await textOf('importance', 'csv')).split(/\r?\n/);
    expect(header).toBe('layer,head,exact (nats),finite difference (nats),error (nats)');
    expect(first).toBe('0,0,0.1,0.1,0');
  });
});

describe('a curve of accuracy', () => {
  it('has ticks at the counts that were measured alone, and tells its lines apart without colours', async () => {
    const svg = await textOf('curve', 'svg');
    const ticks = [...group(svg, 'axes').matchAll(/text-anchor="middle"[^>]*>(\d+)<\/text>/g)].map(([, text]) => text);
    expect(ticks).toEqual(['0', '1', '2']);
    expect(group(svg, 'legend')).toContain('stroke-dasharray');
    expect(words(svg)).toContain('from those that the ranking does not begin with');
  });
});

it('patches by position of a long prompt name what moves and what differs, and number the rest', async () => {
  const tokens = 1024;
  const [moved, differs] = [700, 300];
  const token = (id: number) => ({ id, display: `·w${id}`, text: ` w${id}`, start: 0, end: 1, special: false });
  const clean = Array.from({ length: tokens }, (_, at) => token(at));
  const pair = {
    clean,
    corrupted: clean.with(differs, token(5000)),
    partners: Int32Array.from({ length: tokens }, (_, at) => at),
  };
  const recovery = new Float64Array(2 * tokens);
  recovery[tokens + moved] = 0.8;
  const shape = [2, 1, tokens] as const;
  const denoise = { ...patchResult({ grid: 'layer-position' }), pair, shape, recovery, values: recovery };
  const svg = await textOf('patching', 'svg', { result: pack({ about: ABOUT, denoise }) });
  const names = [...group(svg, 'tokens').matchAll(/>(w\d+)</g)].map(([, name]) => name);
  expect(names).toEqual(expect.arrayContaining([`w${moved}`, 'w5000']));
  expect(names.length).toBeLessThan(70);
  expect(words(group(svg, 'positions'))).toContain('1000');
  expect(words(svg)).toContain('recovered: 0 = still as corrupted, 1 = as clean');
});
