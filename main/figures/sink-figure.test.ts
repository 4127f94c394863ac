/** The figure of sinks says what the report says. */
import { describe, expect, it } from 'vitest';
import { lutOf, sampleLut } from '../../shared/colour/lut.ts';
import { toHex } from '../../shared/colour/rgb.ts';
import { parseRecipe } from '../../shared/figure/recipe.ts';
import { flatNodes, type SceneNode } from '../../shared/figure/scene.ts';
import type { FigureTable, TableArray } from '../../shared/figure/table.ts';
import { fakeSource } from '../../shared/figure/testing/fake-source.ts';
import { loadRecipe } from '../../shared/figure/views/index.ts';
import { testFonts } from './testing/render.ts';

const SHAPE = { tokens: 60, layers: 3, heads: 4, kvHeads: 2 } as const;
const source = fakeSource(SHAPE);

async function load(recipe: object = {}) {
  return loadRecipe(parseRecipe({ view: 'sinks', ...recipe }), {
    source,
    signal: new AbortController().signal,
    measure: testFonts.measure,
    pixelsPerPoint: 1,
    mostTexels: Infinity,
    progress: () => undefined,
  });
}

const reportOf = (threshold = 0.3) => source.ask('run.sinks', { runId: 'clean', threshold });
const arrayOf = ({ arrays }: FigureTable, name: string): TableArray => arrays.find((one) => one.name === name)!;

function groupOf(nodes: readonly SceneNode[], name: string): readonly SceneNode[] {
  for (const node of nodes) {
    if (node.kind !== 'group') continue;
    if (node.name === name) return node.nodes;
    const inner = groupOf(node.nodes, name);
    if (inner.length > 0) return inner;
  }
  return [];
}

describe('the figure of sinks', () => {
  it('has in its files what the report has, positions in the order of the prompt', async () => {
    const report = await reportOf();
    const table = await (await load()).table();
    const positions = [...arrayOf(table, 'position').values];
    expect(positions.length).toBeGreaterThan(2);
    expect(positions).toEqual([...report.positions].sort((a, b) => a - b));
    const share = arrayOf(table, 'share');
    const importance = arrayOf(table, 'importance');
    const drain = arrayOf(table, 'value_drain');
    expect([share.shape, importance.shape, drain.shape]).toEqual([
      [positions.length, 3],
      [positions.length, 3, 4],
      [positions.length, 3, 2],
    ]);
    const rows = [...table.sheet.rows];
    for (const [at, position] of positions.entries()) {
      const index = report.positions.indexOf(position);
      const shares = [0, 1, 2].map((layer) => report.share[layer * SHAPE.tokens + position]!);
      expect([...share.values.slice(3 * at, 3 * at + 3)]).toEqual(shares);
      expect(importance.values.slice(12 * at, 12 * at + 12)).toEqual(
        report.importance.slice(12 * index, 12 * index + 12),
      );
      expect(drain.values.slice(6 * at, 6 * at + 6)).toEqual(report.valueDrain.slice(6 * index, 6 * index + 6));
      const { display, id } = source.runs.clean!.tokens[position]!;
      expect(rows[at]).toEqual([position, display, id, report.rate[position], ...shares]);
    }
  });

  it('has one cell a layer and position and one for all heads, in the colours of the screen', async () => {
    const report = await reportOf();
    const { nodes } = (await load()).scene(testFonts.measure);
    const cells = groupOf(nodes, 'cells').filter((node) => node.kind === 'rect');
    const positions = [...report.positions].sort((a, b) => a - b);
    const values = [0, 1, 2].flatMap((layer) => positions.map((at) => report.share[layer * SHAPE.tokens + at]!));
    const all = positions.map((at) => report.rate[at]!);
    expect(cells.map(({ fill }) => fill)).toEqual(
      [...values, ...all].map((value) => toHex(sampleLut(lutOf('viridis'), value))),
    );
  });

  it('tells threshold, rates and floor under it', async () => {
    const report = await reportOf(0.2);
    const { description } = (await load({ threshold: 0.2 })).scene(testFonts.measure);
    const [first] = report.positions;
    expect(description).toContain('over 0.2 (Gu et al. 2024');
    expect(description).toContain(`${(100 * report.rate[first!]!).toFixed(0)}% of all heads rest on key ${first!}`);
    expect(description).toContain('Under uniform attention that of position 0 is 0.0685');
    expect(description).toContain('fewer than 16 rows');
  });

  it('outlines the chosen position, where heads rest on it', async () => {
    const [first] = (await reportOf()).positions;
    const outlined = async (position: number) =>
      groupOf((await load({ position })).scene(testFonts.measure).nodes, 'selected').length;
    expect([await outlined(first!), await outlined(59)]).toEqual([1, 0]);
  });

  it('says so where no head rests anywhere', async () => {
    const report = await reportOf(1);
    expect(report.positions).toHaveLength(0);
    const figure = await load({ threshold: 1 });
    expect(figure.notes).toEqual(['No head rests on any position.']);
    const texts = flatNodes(figure.scene(testFonts.measure).nodes).flatMap((node) =>
      node.kind === 'text' ? [node.text] : [],
    );
    expect(texts).toContain('No head rests on any position.');
    expect([...(await figure.table()).sheet.rows]).toEqual([]);
  });
});
