import { expect, it } from 'vitest';
import { flatNodes, type SceneText } from '../scene.ts';
import { LABEL_EM, Sketch } from '../sketch.ts';
import { FIGURE_THEMES } from '../theme.ts';
import { drawScoreAxes, type AxisDomain } from './score-axes.ts';

const EM = 7;
const UP = 'relative error of the output, mean over layers and queries';

/** Letters half as wide as high. */
function drawn(height: number, x: Partial<AxisDomain> = {}, up = UP) {
  const sketch = new Sketch(FIGURE_THEMES.light, EM, (text, { size }) => (text.length * size) / 2);
  const rect = { x: 0, y: 0, width: 400, height };
  const axes = drawScoreAxes(sketch, rect, { lo: 0, hi: 1, name: 'across', ...x }, { lo: 0, hi: 1, name: up });
  const texts = flatNodes(sketch.nodes).filter((node): node is SceneText => node.kind === 'text');
  const upward = texts.filter(({ rotate }) => rotate !== 0);
  return { axes, texts: texts.map(({ text }) => text), upward };
}

it('sets the name upward on one line, on two, and without its last parts, always as large as other labels', () => {
  const names = [250, 150, 70, 55].map((height) => drawn(height).upward);
  expect(names.map((lines) => lines.map(({ text }) => text))).toEqual([
    [UP],
    ['relative error of the output, mean over', 'layers and queries'],
    ['relative error', 'of the output'],
    ['relative', 'error of', 'the output'],
  ]);
  for (const lines of names) for (const { size } of lines) expect(size).toBeCloseTo(EM * LABEL_EM, 9);
  const [first, second] = names[1]!;
  expect(second!.x).toBeGreaterThan(first!.x);
  const start = ([, left]: number[][]) => left![0]!;
  const at = [250, 150].map((height) => drawn(height).axes.x.range());
  expect(start(at)).toBeGreaterThan(at[0]![0]!);
});

it('sets a name smaller of which nothing fits', () => {
  const [name] = drawn(60, {}, 'incomprehensibilities').upward;
  expect(name!.text).toBe('incomprehensibilities');
  expect(name!.size).toBeLessThan(EM * LABEL_EM);
});

it('writes powers of two in full', () => {
  const { texts } = drawn(200, { lo: 32, hi: 4096, log: true });
  expect(texts).toEqual(expect.arrayContaining(['32', '512', '1,024', '4,096']));
});
