import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FIGURE_VIEWS } from '../../shared/figure/recipe.ts';
import { fakeSource } from '../../shared/figure/testing/fake-source.ts';
import { hasPython } from './testing/has-python.ts';
import { TEST_RECIPES } from './testing/recipes.ts';
import { renderBytes } from './testing/render.ts';
import { encodeCsv, encodeJson, shortest } from './table-files.ts';

const source = fakeSource({ tokens: 20, layers: 2, heads: 2, kvHeads: 1 });

/** Texts that a spreadsheet would compute, and one that it would not. */
const FORMULAS = ['+1', '-1', '@SUM(A1)', '\t=1', '\r=1', 'a=1'];

describe('numbers as text', () => {
  it('are read back as the same bits', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true }), fc.double({ noNaN: true }), (single, double) => {
        expect(Object.is(Math.fround(Number(shortest(single))), single) || single === 0).toBe(true);
        if (Math.fround(double) !== double) expect(Number(shortest(double))).toBe(double);
      }),
    );
    expect(shortest(Math.fround(0.1))).toBe('0.1');
  });

  it('leave cells of nothing empty and quote what must be', () => {
    const table = {
      arrays: [],
      texts: [],
      sheet: {
        header: ['a,b', 'c'],
        rows: [
          ['x "y"', NaN],
          ['line\nbreak', 0.5],
        ],
      },
    };
    expect(Buffer.from(encodeCsv(table)).toString()).toBe('"a,b",c\n"x ""y""",\n"line\nbreak",0.5\n');
  });

  it('are no formulas of a spreadsheet', () => {
    const sheet = { header: ['=1+2', 'b'], rows: [['=HYPERLINK("x")', -0.5], ...FORMULAS.map((text) => [text, 1])] };
    const csv = Buffer.from(encodeCsv({ arrays: [], texts: [], sheet })).toString();
    expect(csv.startsWith(`'=1+2,b\n"'=HYPERLINK(""x"")",-0.5\n'+1,1\n'-1,1\n'@SUM(A1),1\n'\t=1,1\n"'\r=1",1\n`)).toBe(
      true,
    );
    expect(csv.endsWith('a=1,1\n')).toBe(true);
  });

  it('are nested in JSON as they are shaped', () => {
    const values = Float32Array.of(1, 2, NaN, 4, 5, 6);
    const table = {
      arrays: [{ name: 'v', shape: [2, 3], values, about: 'x' }],
      texts: [],
      sheet: { header: [], rows: [] },
    };
    expect(JSON.parse(Buffer.from(encodeJson(table, { k: 1 })).toString())).toEqual({
      k: 1,
      about: { v: 'x' },
      v: [
        [1, 2, null],
        [4, 5, 6],
      ],
    });
  });
});

describe('a map as CSV', () => {
  it('is a matrix with queries down and keys across', async () => {
    const { bytes } = await renderBytes(TEST_RECIPES.map, 'csv', source);
    const rows = bytes
      .toString('utf8')
      .trimEnd()
      .split('\n')
      .map((line) => line.split(','));
    expect(rows).toHaveLength(21);
    expect(rows[0]!.slice(0, 3)).toEqual(['query\\key (probability)', '0', '1']);
    expect(rows[1]!.filter((cell) => cell !== '')).toHaveLength(2);
    expect(rows[20]!.filter((cell) => cell !== '')).toHaveLength(21);
  });
});

/** Needs Python with numpy, as the people have it who use these files. */
describe.skipIf(!hasPython)('for Python', () => {
  it.each(FIGURE_VIEWS)('numbers and script of the view %s are read', async (view) => {
    const folder = await mkdtemp(join(tmpdir(), 'headscope-'));
    try {
      const [npz, py, json] = await Promise.all(
        (['npz', 'py', 'json'] as const).map(
          async (format) => (await renderBytes(TEST_RECIPES[view], format, source)).bytes,
        ),
      );
      await writeFile(join(folder, 'fig.npz'), npz!);
      await writeFile(join(folder, 'fig.py'), py!);
      const check = `
import json, sys, runpy, types
import numpy as np
data = np.load(sys.argv[1] + '/fig.npz')
print(json.dumps({name: data[name].tolist() if data[name].dtype.kind in 'U' else np.where(np.isnan(data[name]), None, data[name].astype(object)).tolist() for name in data.files if name != 'about'}))
compile(open(sys.argv[1] + '/fig.py', encoding='utf-8').read(), 'fig.py', 'exec')
`;
      const read = JSON.parse(execFileSync('python3', ['-c', check, folder], { encoding: 'utf8' })) as Record<
        string,
        unknown
      >;
      const expected = JSON.parse(json!.toString('utf8')) as Record<string, unknown>;
      delete expected['headscope'];
      delete expected['about'];
      expect(rounded(read)).toEqual(rounded(expected));
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

/** JSON has the shortest decimals of float32, Python the digits of the double that it is. */
function rounded(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_, inner: unknown) =>
    typeof inner === 'number' ? Math.fround(inner) : inner,
  );
}
