/** Files of a figure, and its caption, say what its numbers are of. */
import { describe, expect, it } from 'vitest';
import type { FigureSource } from '../../shared/figure/source.ts';
import { fakeSource } from '../../shared/figure/testing/fake-source.ts';
import { renderBytes } from './testing/render.ts';
import { readPng } from './testing/read-png.ts';

const plain = fakeSource({ tokens: 40, layers: 1, heads: 2, kvHeads: 1 });
const head = { layer: 0, head: 0 };
const other = { layer: 0, head: 1 };

/** The changed run is from a session file: its maps are overviews at level 1. */
const stored: FigureSource = {
  ...plain,
  runs: {
    clean: plain.runs.clean!,
    changed: {
      ...plain.runs.changed!,
      provider: 'webgpu',
      stored: {
        tensors: false,
        maps: [head, other].map((of) => ({ ...of, value: 'probability', reducer: 'max', level: 1 })),
        heads: [],
      },
    },
  },
};

interface About {
  readonly headscope: object;
  readonly about: Readonly<Record<string, string>>;
}

const textOf = async (recipe: object, format: 'csv' | 'json' | 'npz' | 'py' | 'svg', source = stored) =>
  (await renderBytes(recipe, format, source)).bytes.toString('utf8');
const aboutOf = async (recipe: object, source = stored) => JSON.parse(await textOf(recipe, 'json', source)) as About;
const captionOf = async (recipe: object, source = stored) =>
  /<desc[^>]*>(.*)<\/desc>/.exec(await textOf(recipe, 'svg', source))![1]!;

const changedMap = { view: 'map', head, run: 'changed' };
const FACTS = {
  badges: ['8-bit'],
  interventions: ['L0H1=zero'],
  providers: ['webgpu'],
  map: { value: 'probability', reducer: 'max', level: 1 },
};
const WHAT = 'probability, max of 2×2, 8-bit';

describe('an 8-bit map of a changed run', () => {
  it('says so in JSON', async () => {
    const { headscope, about } = await aboutOf(changedMap);
    expect(headscope).toMatchObject(FACTS);
    expect(about['values']).toBe(`${WHAT}, [queries, keys]; NaN = masked`);
    expect(about['entropy']).toBe('row entropy, nats');
  });

  it('says so in the metadata of pictures', async () => {
    const svg = await textOf(changedMap, 'svg');
    const metadata = /<metadata>(.*)<\/metadata>/.exec(svg)![1]!.replaceAll('&quot;', '"');
    expect(JSON.parse(metadata)).toMatchObject(FACTS);
    const { bytes } = await renderBytes(changedMap, 'png', stored);
    const texts = readPng(bytes).chunks.filter(([type]) => type === 'iTXt');
    const own = texts.map(([, data]) => data.toString('utf8')).find((text) => text.startsWith('headscope\0'))!;
    expect(JSON.parse(own.slice('headscope'.length + 5))).toMatchObject(FACTS);
  });

  it('says so in npz', async () => {
    // Texts of .npy have four bytes a letter.
    const npz = (await textOf(changedMap, 'npz')).replaceAll('\0', '');
    expect(npz).toContain('"badges":["8-bit"],"interventions":["L0H1=zero"],"providers":["webgpu"]');
    expect(npz).toContain('values: probability, max of 2');
  });

  it('says so in comments of the script', async () => {
    const lines = (await textOf(changedMap, 'py')).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        '# Computed by webgpu: 8-bit',
        '# Interventions: L0H1=zero',
        '# Map: probability, max of 2×2',
      ]),
    );
  });

  it('says so in the header of CSV', async () => {
    expect((await textOf(changedMap, 'csv')).startsWith(`"query\\key (${WHAT})",0,2,4,`)).toBe(true);
    const compared = await textOf({ view: 'compare', maps: [{ head, run: 'changed' }] }, 'csv');
    expect(compared.startsWith(`map,query,key,"value (${WHAT})"\n`)).toBe(true);
  });
});

it('an exact map of the clean run says that', async () => {
  const { headscope, about } = await aboutOf({ view: 'map', head });
  expect(headscope).toMatchObject({
    badges: ['exact'],
    interventions: [],
    providers: ['cpu'],
    map: { value: 'probability', reducer: 'max', level: 0 },
  });
  expect(about['values']).toBe('probability, [queries, keys]; NaN = masked');
});

it.each([
  [{ view: 'atlas' }, 'layer,head,entropy (nats)'],
  [{ view: 'ranked', scores: ['sink'] }, 'rank,layer,head,sink (probability)'],
  [{ view: 'head', head }, 'score,value,rank,uniform,unit'],
  [{ view: 'distance', head }, 'distance (tokens),"mass (share, mean over rows)"'],
  [{ view: 'strip' }, 'index,token,id,outgoing (probability)'],
  [{ view: 'strip', colour: 'change' }, 'index,token,id,change (nats)'],
  [{ view: 'sinks' }, 'position,token,id,all (share of heads),L0 (share of heads)'],
  [{ view: 'next' }, 'token,id,clean (probability),ablated (probability)'],
  [{ view: 'effect' }, 'index,token,id,nllDelta (nats),kl (nats)'],
  [{ view: 'map', head, value: 'logProbability' }, '"query\\key (log probability, nats)"'],
])('CSV of %j has units in its header', async (recipe, header) => {
  const csv = await textOf(recipe, 'csv', plain);
  expect(csv.startsWith(header)).toBe(true);
});

describe('the caption of maps', () => {
  const named = 'Interventions: L0H1=zero.';
  const minus = { run: 'changed', head };

  it.each([
    [{ view: 'map', head }, false],
    [{ view: 'map', head, minus: { run: 'clean', head: other } }, false],
    [{ view: 'map', head, minus }, true],
    [changedMap, true],
    [{ view: 'compare', maps: [{ head }, { head: other }] }, false],
    [{ view: 'compare', maps: [{ head }, { head: other, run: 'changed' }] }, true],
    [{ view: 'compare', maps: [{ head }, { head: other, minus }] }, true],
  ])('names interventions exactly where a map is of the changed run: %j', async (recipe, isNamed) => {
    expect((await captionOf(recipe, plain)).includes(named)).toBe(isNamed);
    const { headscope } = await aboutOf(recipe, plain);
    expect(headscope).toMatchObject({ interventions: isNamed ? ['L0H1=zero'] : [] });
  });

  it('has the badges of all of them', async () => {
    const fp16 = { ...stored.runs.clean!, badges: ['fp16 capture'] as const };
    const source = { ...stored, runs: { ...stored.runs, clean: fp16 } };
    for (const recipe of [
      { view: 'compare', maps: [{ head }, { head, run: 'changed' }] },
      { view: 'compare', maps: [{ head, run: 'changed', minus: { head, run: 'clean' } }] },
      { view: 'map', head, minus },
    ]) {
      const caption = await captionOf(recipe, source);
      expect(caption).toMatch(/Not exact: (fp16 capture, 8-bit|8-bit, fp16 capture)\./);
    }
    expect(await captionOf({ view: 'map', head }, source)).toContain('Not exact: fp16 capture.');
  });
});
