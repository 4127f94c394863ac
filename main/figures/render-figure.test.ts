import { Resvg } from '@resvg/resvg-js';
import { describe, expect, it } from 'vitest';
import { lutOf } from '../../shared/colour/lut.ts';
import { FIGURE_FORMATS } from '../../shared/figure/formats.ts';
import { FIGURE_VIEWS } from '../../shared/figure/recipe.ts';
import { fakeProbability, fakeSource } from '../../shared/figure/testing/fake-source.ts';
import { colourIndex } from '../../shared/view/map/colour-steps.ts';
import { mapColours } from '../../shared/view/map/map-colours.ts';
import { TEST_RECIPES } from './testing/recipes.ts';
import { pixelAt, readPng } from './testing/read-png.ts';
import { renderBytes } from './testing/render.ts';

const source = fakeSource({ tokens: 60, layers: 3, heads: 4, kvHeads: 2 });
const bare = { ...TEST_RECIPES.map, sinks: 'none', entropy: false, columnMean: false, distance: false, numbers: false };

describe.each(FIGURE_VIEWS)('a figure of the view %s', (view) => {
  it('has the same bytes every time, in every format', async () => {
    const again = fakeSource({ tokens: 60, layers: 3, heads: 4, kvHeads: 2 });
    for (const format of FIGURE_FORMATS) {
      const first = await renderBytes(TEST_RECIPES[view], format, source);
      const second = await renderBytes(TEST_RECIPES[view], format, again);
      expect(second.bytes.equals(first.bytes), format).toBe(true);
    }
  });

  it('is well-formed SVG with its labels as text', async () => {
    const { bytes } = await renderBytes(TEST_RECIPES[view], 'svg', source);
    const svg = bytes.toString('utf8');
    expect(new Resvg(svg).width).toBeGreaterThan(100);
    expect(svg).toContain('<title');
    expect(svg.match(/<text /g)!.length).toBeGreaterThan(5);
    const metadata = /<metadata>(.*)<\/metadata>/.exec(svg)![1]!.replaceAll('&quot;', '"');
    expect(JSON.parse(metadata)).toMatchObject({
      app: 'Headscope 1.2.3',
      model: { name: 'made-up' },
      recipe: { view },
    });
  });
});

describe('a map in a PNG', () => {
  /** The frame of the plot: the first long run of the mask's colour in the first rows tells its right upper corner. */
  const plotOf = (picture: ReturnType<typeof readPng>) => {
    const isMask = (x: number, y: number) => pixelAt(picture, x, y).join() === '237,237,238';
    for (let y = 0; y < picture.height; y++) {
      let x = picture.width - 1;
      while (x > 0 && !isMask(x, y)) x--;
      if (x > 0 && isMask(x - 60, y)) return { right: x + 1, top: y };
    }
    throw new Error('There is no map.');
  };

  it('gives every cell the colour of its value', async () => {
    const { bytes, pixels } = await renderBytes({ ...bare, caption: false, title: '' }, 'png', source);
    const picture = readPng(bytes);
    expect(pixels).toEqual({ width: picture.width, height: picture.height });
    const { right, top } = plotOf(picture);
    const colours = mapColours({
      value: 'probability',
      reducer: 'max',
      scale: 'log',
      gamma: 1,
      excludeSinks: false,
      tokens: 60,
      theme: 'light',
      shown: undefined,
      overview: undefined,
    });
    const lut = lutOf(colours.map);
    // A cell of a short prompt is a whole number of pixels wide.
    const lower =
      [...Array(picture.height).keys()]
        .reverse()
        .find((y) => pixelAt(picture, right - 1, y).join() === '237,237,238')! + 1;
    const cell = Math.round((lower - top) / 59);
    const side = 60 * cell;
    const left = right - side;
    for (let query = 0; query < 60; query++) {
      for (let key = 0; key <= query; key++) {
        const index = colourIndex(colours.steps, fakeProbability(0, 0, query, key)) * 3;
        const [x, y] = [left + Math.floor((key + 0.5) * cell), top + Math.floor((query + 0.5) * cell)];
        expect(pixelAt(picture, x, y), `${query},${key}`).toEqual([...lut.subarray(index, index + 3)]);
      }
    }
  });

  it('tells the recipe, the model and the prompt', async () => {
    const { bytes } = await renderBytes(bare, 'png', source);
    const texts = readPng(bytes).chunks.filter(([type]) => type === 'iTXt');
    const own = texts.map(([, data]) => data.toString('utf8')).find((text) => text.startsWith('headscope\0'))!;
    const found = JSON.parse(own.slice('headscope'.length + 5)) as { recipe: object; prompt: object };
    expect(found.prompt).toEqual({ tokens: 60, sha256: source.promptHash });
    expect((await renderBytes(found.recipe, 'png', source)).bytes.equals(bytes)).toBe(true);
  });

  it('is drawn larger by its scale and its dots per inch alike', async () => {
    const scaled = await renderBytes(bare, 'png', source, 0.5);
    const coarse = await renderBytes({ ...bare, dpi: 150 }, 'png', source);
    expect(Math.abs(scaled.pixels!.width - coarse.pixels!.width)).toBeLessThanOrEqual(1);
    expect(scaled.sizeMm!.width).toBeCloseTo(180);
  });

  it('says which characters its font lacks', async () => {
    const { notes } = await renderBytes({ view: 'strip' }, 'svg', source);
    expect(notes.join()).toContain('2 characters are not in DejaVu');
  });
});

describe('a long map', () => {
  const long = fakeSource({ tokens: 900, layers: 1, heads: 1, kvHeads: 1 });

  it('has texels of at least one pixel, and says what they hold', async () => {
    const { bytes } = await renderBytes({ ...bare, dpi: 60 }, 'svg', long);
    const svg = bytes.toString('utf8');
    expect(svg).toContain('max of 4×4');
    const image = /<image [^>]*width="([\d.]+)"[^>]*base64,([^"]+)"/.exec(svg)!;
    const texels = readPng(Buffer.from(image[2]!, 'base64')).width;
    expect(texels).toBe(225);
    expect((Number(image[1]) * 60) / 72).toBeGreaterThanOrEqual(texels - 1e-6);
  });
});

describe('what cannot be drawn', () => {
  it.each([
    [
      { view: 'map', head: { layer: 0, head: 0 }, region: { rowStart: 0, rowEnd: 61, keyStart: 0, keyEnd: 4 } },
      'past the last token',
    ],
    [{ view: 'atlas', score: 'nothing' }, 'no score “nothing”'],
    [{ view: 'strip', token: 60 }, 'does not have'],
    [{ view: 'ranked', scores: ['nothing'] }, 'no score “nothing”'],
  ])('is refused: %j', async (recipe, sentence) => {
    await expect(renderBytes(recipe, 'png', source)).rejects.toThrow(sentence);
  });

  it('refuses the effect of interventions without a run that has some', async () => {
    const clean = { clean: source.runs.clean! };
    await expect(renderBytes({ view: 'effect' }, 'png', { ...source, runs: clean })).rejects.toMatchObject({
      code: 'bad-request',
      message: 'There is no changed run for the figure.',
    });
  });

  it('refuses pictures that nothing opens, and recipes that are none', async () => {
    await expect(renderBytes({ ...bare, dpi: 9600, widthMm: 3000 }, 'png', source)).rejects.toMatchObject({
      code: 'too-large',
    });
    await expect(renderBytes({ view: 'map' }, 'png', source)).rejects.toThrow(
      'recipe of the figure does not fit: head',
    );
  });
});
