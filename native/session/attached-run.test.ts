import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../../shared/base/app-error.ts';
import type { ErrorCode } from '../../shared/contract/error-codes.ts';
import type { RunSummary } from '../../shared/contract/methods.ts';
import { zeroHead, type Intervention } from '../../shared/model/intervention.ts';
import { parseInterventions } from '../../shared/model/intervention-text.ts';
import { codeError } from '../../shared/session/map-codes.ts';
import type { StoredRun } from '../../shared/session/stored-run.ts';
import { TILE_VALUES, type TileReducer } from '../../shared/tensor/tile.ts';
import { loadAddon } from '../attention/load-addon.ts';
import { createEngine } from '../engine/create-engine.ts';
import type { Engine, EngineOptions } from '../public/engine.ts';
import { RANDOM_MODELS } from '../testing/random-models.ts';
import { allHeads, allTiles, quiet, runAnswers } from '../testing/run-answers.ts';
import { writeTinyModel } from '../testing/tiny-model.ts';
import { decodeStoredRun, encodeStoredRun } from './stored-run-codec.ts';

const TOKENS = 300;
const addonPath = `${import.meta.dirname}/../../out/addon/attention.node`;
const kernels = loadAddon(addonPath).addon === null ? ['graph'] : ['graph', 'addon'];

let root: string;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'headscope-attached-'));
});
afterAll(() => rm(root, { recursive: true }));

const engines: Engine[] = [];
afterAll(async () => {
  for (const engine of engines) await engine.dispose();
});
function engineWith(options: Partial<EngineOptions> = {}): Engine {
  const engine = createEngine({ shippedModel: '', tasks: '', addon: '', threads: 1, ...options });
  engines.push(engine);
  return engine;
}

async function modelAt(name: string): Promise<string> {
  const folder = path.join(root, name.replaceAll(/\W/g, '-'));
  await writeTinyModel(folder, RANDOM_MODELS[name]!);
  return folder;
}

const ids = Int32Array.from({ length: TOKENS }, (_, i) => (i * i * 7 + 3) % 61);

function run(engine: Engine, interventions: Intervention[] = [], tokens = ids): Promise<RunSummary> {
  return engine.handlers['run.start']({ prompt: { kind: 'ids', ids: tokens }, interventions, cut: false }, quiet);
}

const nothing = { heads: [], tokenRows: [], maps: [], differences: [], clean: null };

/** Through the bytes of a file. */
function reread(stored: StoredRun): StoredRun {
  return decodeStoredRun(encodeStoredRun(stored));
}

/** Tensors amid other bytes, at an odd place, as in a zip. */
async function tensorsOf(engine: Engine, runId: string) {
  const alone = path.join(root, `${runId}.safetensors`);
  const { bytes } = await engine.handlers['run.writeTensors']({ runId, path: alone }, quiet);
  const inside = path.join(root, `${runId}.headscope`);
  const tensors = await readFile(alone);
  expect(tensors.length).toBe(bytes);
  await writeFile(inside, Buffer.concat([Buffer.alloc(1001, 'x'), tensors, Buffer.alloc(99, 'y')]));
  return { path: inside, offset: 1001, bytes };
}

async function codeOf(work: Promise<unknown>): Promise<ErrorCode | undefined> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error === undefined) return undefined;
  expect(error).toBeInstanceOf(AppError);
  expect((error as AppError).message).toMatch(/\.$/);
  return (error as AppError).code;
}

describe.each([
  'llama, r = 2, untied',
  'mistral, window 7',
  'mistral, window 290',
  'gpt2, layer-wise scale, F16',
  'qwen2, windows by depth',
])('a stored run of %s', (name) => {
  it.each(kernels)('with tensors answers bit for bit like the live one, without a model, by the %s', async (kernel) => {
    const addon = kernel === 'addon' ? addonPath : '';
    const live = engineWith({ addon });
    const info = await live.handlers['model.open']({ path: await modelAt(name) }, quiet);
    const clean = await run(live);
    const changed = await run(live, [zeroHead({ layer: 1, head: 2 })]);
    const heads = [allHeads(info)[0]!, allHeads(info).at(-2)!];

    const offline = engineWith({ addon });
    for (const { runId } of [clean, changed]) {
      const stored = reread(await live.handlers['run.store']({ runId, ...nothing }, quiet));
      const tensors = await tensorsOf(live, runId);
      const attached = await offline.handlers['run.attach']({ runId, run: stored, tensors }, quiet);
      expect(attached.stored).toEqual({ tensors: true, maps: [], heads: [] });
    }
    const minus = { runId: clean.runId, layer: 1, head: 2 };
    expect(await runAnswers(offline, changed, heads, minus)).toEqual(await runAnswers(live, changed, heads, minus));
  });

  it('gives back its numbers bit for bit, and its maps within the bound of their codes', async () => {
    const live = engineWith();
    const info = await live.handlers['model.open']({ path: await modelAt(name) }, quiet);
    const clean = await run(live);
    const changed = await run(live, [zeroHead({ layer: 1, head: 2 })]);
    const heads = allHeads(info);
    const { runId } = changed;
    const reducers: TileReducer[] = ['max', 'sum'];
    const stored = await live.handlers['run.store'](
      {
        runId,
        heads,
        tokenRows: [{ layer: 0, head: 1, index: 17 }],
        maps: TILE_VALUES.flatMap((value) => reducers.map((reducer) => ({ layer: 1, head: 1, value, reducer }))),
        differences: [],
        clean: clean.runId,
      },
      quiet,
    );
    expect(stored.summary).toEqual(changed);

    const offline = engineWith();
    const attached = await offline.handlers['run.attach']({ runId: 'mine', run: reread(stored), tensors: null }, quiet);
    const cleanStored = reread(await live.handlers['run.store']({ ...nothing, runId: clean.runId }, quiet));
    await offline.handlers['run.attach']({ runId: 'clean', run: cleanStored, tensors: null }, quiet);
    const { stored: detail, ...summary } = attached;
    expect(summary).toEqual({ ...changed, runId: 'mine' });
    expect(detail).toMatchObject({ tensors: false, heads });
    expect(detail!.maps).toHaveLength(8);

    const same = async (engine: Engine, id: string, cleanId: string) => [
      await engine.handlers['run.scores']({ runId: id }, quiet),
      await engine.handlers['run.miniatures']({ runId: id }, quiet),
      await engine.handlers['run.token']({ runId: id, layer: 0, head: 1, index: 17 }, quiet),
      ...(await Promise.all(heads.map((head) => engine.handlers['run.head']({ runId: id, ...head }, quiet)))),
      await engine.handlers['run.compare']({ clean: cleanId, changed: id }, quiet),
    ];
    expect(await same(offline, 'mine', 'clean')).toEqual(await same(live, runId, clean.runId));

    for (const key of allTiles(TOKENS)) {
      const place = { layer: 1, head: 1, ...key };
      // Every level comes from single cells here: there are fewer than 2,048 tokens.
      const shown = await offline.handlers['run.tile']({ runId: 'mine', ...place }, quiet);
      const exact = await live.handlers['run.tile']({ runId, ...place }, quiet);
      const { range } = stored.maps.find(({ value }) => value === key.value)!;
      const error = codeError(key.value, range);
      const logarithmic = key.value === 'probability' || key.value === 'lift';
      // Sums add the errors of their cells; what is under the scale's floor may be off by it.
      const cells = key.reducer === 'sum' ? 4 ** key.level : 1;
      const slack = 1e-6 * Math.max(...range.map(Math.abs)) * cells;
      const stray = exact.values.findIndex((value, i) => {
        const other = shown.values[i]!;
        const bound = logarithmic ? error * value + range[0] * cells : error * cells;
        return Number.isNaN(value) ? !Number.isNaN(other) : !(Math.abs(other - value) <= bound + slack);
      });
      expect([key, stray]).toEqual([key, -1]);
    }
  });
});

describe.each(kernels)('a stored run under interventions, by the %s', (kernel) => {
  const addon = kernel === 'addon' ? addonPath : '';
  const list = parseInterventions(
    [
      'L0H1=sigmoid',
      'L1H3=freeze',
      'L1H0=temperature:0.5',
      'L1H0=drop-keys@10:300#3:40+60',
      'L1H1=streaming:2:30',
      'L1H2=calibrate:0.3#1:4',
      'L0H0=zero-values#0:5',
      'L0H3=window:7@100:200',
    ].join(','),
  );
  const frozen = { layer: 1, head: 3 };
  const sigmoid = { layer: 0, head: 1 };
  let live: Engine;
  let clean: RunSummary;
  let changed: RunSummary;
  beforeAll(async () => {
    live = engineWith({ addon });
    await live.handlers['model.open']({ path: await modelAt('llama, r = 2, untied') }, quiet);
    clean = await run(live);
    changed = await run(live, list);
  });
  const placed = { level: 0, tileRow: 0, tileColumn: 0, value: 'probability', reducer: 'max', skipKeys: 0 } as const;

  it('with tensors answers bit for bit like the live one', async () => {
    const offline = engineWith({ addon });
    for (const { runId } of [clean, changed]) {
      const stored = reread(await live.handlers['run.store']({ runId, ...nothing }, quiet));
      await offline.handlers['run.attach']({ runId, run: stored, tensors: await tensorsOf(live, runId) }, quiet);
    }
    const heads = [...[0, 1, 2].map((head) => ({ layer: 1, head })), { layer: 0, head: 0 }, { layer: 0, head: 3 }];
    const minus = { runId: clean.runId, ...heads[0]! };
    expect(await runAnswers(offline, changed, heads, minus)).toEqual(await runAnswers(live, changed, heads, minus));
    // They are handed on as they are.
    const copy = path.join(root, `${kernel}-copy.safetensors`);
    await offline.handlers['run.writeTensors']({ runId: changed.runId, path: copy }, quiet);
    const { path: inside } = await tensorsOf(live, changed.runId);
    expect((await readFile(copy)).equals((await readFile(inside)).subarray(1001, -99))).toBe(true);
  });

  it('shows what was drawn of a pattern of another run, and refuses the rest', async () => {
    const { runId } = changed;
    const map = { ...frozen, value: 'probability', reducer: 'max' } as const;
    const difference = { ...frozen, reducer: 'max', minus: { ...frozen, run: 'clean' } } as const;
    const choice = { ...nothing, runId, maps: [map], differences: [difference], heads: [frozen], clean: clean.runId };
    const stored = reread(await live.handlers['run.store'](choice, quiet));
    const tensors = await tensorsOf(live, runId);
    const exact = await live.handlers['run.tile']({ runId, ...frozen, ...placed }, quiet);
    const profile = await live.handlers['run.head']({ runId, ...frozen }, quiet);
    for (const place of [tensors, null]) {
      const { handlers } = engineWith({ addon });
      await handlers['run.attach']({ runId, run: stored, tensors: place }, quiet);
      const shown = await handlers['run.tile']({ runId, ...frozen, ...placed }, quiet);
      const bound = codeError('probability', stored.maps[0]!.range);
      exact.values.forEach((p, at) => {
        if (Number.isNaN(p)) expect(shown.values[at]).toBeNaN();
        else expect(Math.abs(shown.values[at]! - p)).toBeLessThan(bound * p + stored.maps[0]!.range[0] + 1e-6);
      });
      expect(await handlers['run.head']({ runId, ...frozen }, quiet)).toEqual(profile);
      const cell = handlers['run.cell']({ runId, ...frozen, query: 9, key: 4 }, quiet);
      expect(await codeOf(cell)).toBe('not-stored');
      expect(await codeOf(handlers['run.token']({ runId, ...frozen, index: 4 }, quiet))).toBe('not-stored');
      // What cannot be had is left out when it is saved again.
      const more = { ...choice, tokenRows: [{ ...frozen, index: 4 }], differences: [], clean: null };
      const again = await handlers['run.store'](more, quiet);
      expect(again.tokenRows).toEqual([]);
      expect(again.maps).toHaveLength(1);
    }
  });

  it('has no map where the live one has none, and is stored all the same', async () => {
    const { runId } = changed;
    const choice = {
      ...nothing,
      runId,
      heads: [sigmoid],
      maps: [{ ...sigmoid, value: 'lift', reducer: 'max' }],
    } as const;
    const stored = reread(
      await live.handlers['run.store']({ ...choice, heads: [sigmoid], maps: [...choice.maps] }, quiet),
    );
    expect([stored.heads, stored.maps]).toEqual([[], []]);
    for (const place of [await tensorsOf(live, runId), null]) {
      const { handlers } = engineWith({ addon });
      await handlers['run.attach']({ runId, run: stored, tensors: place }, quiet);
      for (const engine of [handlers, live.handlers]) {
        expect(await codeOf(engine['run.tile']({ runId, ...sigmoid, ...placed }, quiet))).toBe('no-map');
        expect(await codeOf(engine['run.head']({ runId, ...sigmoid }, quiet))).toBe('no-map');
        expect(await codeOf(engine['run.token']({ runId, ...sigmoid, index: 4 }, quiet))).toBe('no-map');
      }
    }
  });
});

describe('a stored run', () => {
  let live: Engine;
  let folder: string;
  beforeAll(async () => {
    folder = await modelAt('llama, r = 2, untied');
    live = engineWith();
    await live.handlers['model.open']({ path: folder }, quiet);
  });

  it('refuses what it does not hold, and what there is not', async () => {
    const { runId } = await run(live);
    const map = { layer: 0, head: 0, value: 'probability', reducer: 'max' } as const;
    const stored = await live.handlers['run.store'](
      { ...nothing, runId, heads: [{ layer: 0, head: 0 }], maps: [map] },
      quiet,
    );
    const { handlers } = engineWith();
    await handlers['run.attach']({ runId, run: stored, tensors: null }, quiet);
    const tile = { runId, ...map, level: 0, tileRow: 0, tileColumn: 0, skipKeys: 0 };
    const other = { layer: 1, head: 0 };
    const cases: [ErrorCode | undefined, Promise<unknown>][] = [
      [undefined, handlers['run.tile'](tile, quiet)],
      [undefined, handlers['run.tile']({ ...tile, reducer: 'mean', level: 1 }, quiet)],
      ['not-stored', handlers['run.tile']({ ...tile, value: 'logit' }, quiet)],
      ['not-stored', handlers['run.tile']({ ...tile, ...other }, quiet)],
      ['not-stored', handlers['run.tile']({ ...tile, minus: { runId, ...other } }, quiet)],
      ['not-stored', handlers['run.head']({ runId, ...other }, quiet)],
      ['not-stored', handlers['run.token']({ runId, ...other, index: 3 }, quiet)],
      ['not-stored', handlers['run.cell']({ runId, ...other, query: 3, key: 3 }, quiet)],
      [
        'not-stored',
        handlers['run.region']({ runId, ...other, rowStart: 0, rowEnd: 9, keyStart: 0, keyEnd: 9 }, quiet),
      ],
      ['not-stored', handlers['run.compare']({ clean: runId, changed: runId }, quiet)],
      ['not-stored', handlers['run.sinks']({ runId, threshold: 0.3 }, quiet)],
      ['not-stored', handlers['run.spans']({ runId, spans: [] }, quiet)],
      ['not-stored', handlers['run.descriptors']({ runId }, quiet)],
      ['not-stored', handlers['run.writeTensors']({ runId, path: path.join(root, 'never') }, quiet)],
      ['bad-request', handlers['run.tile']({ ...tile, level: 2 }, quiet)],
      ['bad-request', handlers['run.head']({ runId, layer: 0, head: 4 }, quiet)],
      ['no-model', handlers['run.scores']({ runId: 'another' }, quiet)],
      ['no-model', run(engineWith())],
    ];
    for (const [code, work] of cases) expect(await codeOf(work)).toBe(code);
  });

  it('is kept whole when it is saved again, with what is chosen anew where there are tensors', async () => {
    const { runId } = await run(live);
    const first = { ...nothing, runId, heads: [{ layer: 0, head: 0 }] };
    const stored = await live.handlers['run.store'](first, quiet);
    const tensors = await tensorsOf(live, runId);
    const { handlers } = engineWith();
    const more = {
      runId,
      heads: [
        { layer: 0, head: 0 },
        { layer: 1, head: 3 },
        { layer: 1, head: 3 },
      ],
      tokenRows: [{ layer: 1, head: 3, index: 5 }],
      maps: [{ layer: 1, head: 3, value: 'lift', reducer: 'mean' } as const],
      differences: [],
      clean: null,
    };
    await handlers['run.attach']({ runId, run: stored, tensors: null }, quiet);
    expect(encodeStoredRun(await handlers['run.store'](more, quiet))).toEqual(encodeStoredRun(stored));
    await handlers['run.attach']({ runId, run: stored, tensors }, quiet);
    const again = await handlers['run.store'](more, quiet);
    expect(encodeStoredRun(again)).toEqual(encodeStoredRun(await live.handlers['run.store'](more, quiet)));
    expect(again.heads).toHaveLength(2);
    // What was computed for the last save is at hand for the next, and what is not chosen any more is left out.
    const next = await live.handlers['run.store'](more, quiet);
    expect(next.maps[0]).toBe((await live.handlers['run.store'](more, quiet)).maps[0]);
    expect((await live.handlers['run.store'](first, quiet)).maps).toEqual([]);
    expect(encodeStoredRun(await live.handlers['run.store'](more, quiet))).toEqual(encodeStoredRun(next));
    // Tensors too are handed on, byte for byte.
    const copy = path.join(root, 'copy.safetensors');
    await handlers['run.writeTensors']({ runId, path: copy }, quiet);
    expect((await readFile(copy)).equals((await readFile(tensors.path)).subarray(1001, -99))).toBe(true);
  });

  it('stays when a model opens, takes the place of a live run of its id, and goes when it is released', async () => {
    const engine = engineWith();
    const { handlers } = engine;
    await handlers['model.open']({ path: folder }, quiet);
    const { runId } = await run(engine);
    const stored = await handlers['run.store']({ ...nothing, runId }, quiet);
    await handlers['run.attach']({ runId, run: stored, tensors: await tensorsOf(engine, runId) }, quiet);
    expect((await run(engine)).runId).not.toBe(runId);
    await handlers['model.open']({ path: folder }, quiet);
    expect(await handlers['run.scores']({ runId }, quiet)).toEqual({ scores: stored.scores });
    await handlers['run.release']({ runId }, quiet);
    expect(await codeOf(handlers['run.scores']({ runId }, quiet))).toBe('unknown-run');
  });

  it('shows its differences, and long prompts without their first key, within the bound of their codes', async () => {
    const long = path.join(root, 'long');
    await writeTinyModel(long, { family: 'mistral', kvHeads: 2, context: 4096, config: { sliding_window: 1500 } });
    const engine = engineWith();
    await engine.handlers['model.open']({ path: long }, quiet);
    const tokens = Int32Array.from({ length: 2100 }, (_, i) => (i * i * 7 + 3) % 61);
    const clean = await run(engine, [], tokens);
    const changed = await run(engine, [zeroHead({ layer: 0, head: 0 })], tokens);
    const { runId } = changed;
    const of = { layer: 1, head: 1 };
    const choice = {
      ...nothing,
      runId,
      maps: [{ ...of, value: 'probability', reducer: 'max' } as const],
      differences: [
        { ...of, reducer: 'max', minus: { ...of, run: 'clean' } } as const,
        { ...of, reducer: 'mean', minus: { layer: 0, head: 3, run: 'same' } } as const,
      ],
      clean: clean.runId,
    };
    const stored = await engine.handlers['run.store'](choice, quiet);
    const { handlers } = engineWith();
    const cleanStored = await engine.handlers['run.store']({ ...nothing, runId: clean.runId }, quiet);
    await handlers['run.attach']({ runId: clean.runId, run: cleanStored, tensors: null }, quiet);
    const attached = await handlers['run.attach']({ runId, run: reread(stored), tensors: null }, quiet);
    expect(attached.stored!.differences).toEqual(choice.differences.map((difference) => ({ ...difference, level: 1 })));

    const cases = [
      { ...of, reducer: 'max', overview: stored.maps[0]!, coded: 'probability' },
      {
        ...of,
        reducer: 'max',
        minus: { runId: clean.runId, ...of },
        overview: stored.differences![0]!,
        coded: 'difference',
      },
      {
        ...of,
        reducer: 'mean',
        minus: { runId, layer: 0, head: 3 },
        overview: stored.differences![1]!,
        coded: 'difference',
      },
    ] as const;
    const { side } = stored.maps[0]!;
    expect(side).toBe(1050);
    for (const { overview, coded, ...params } of cases) {
      const [floor, top] = overview.range;
      for (const [level, tileRow, tileColumn] of [
        [1, 0, 0],
        [1, 4, 1],
        [1, 4, 4],
        [2, 1, 0],
        [4, 0, 0],
      ] as const) {
        for (const skipKeys of [0, 1, 2]) {
          if (skipKeys === 2 && level !== 1) continue;
          const key = { runId, level, tileRow, tileColumn, value: 'probability', skipKeys } as const;
          const shown = await handlers['run.tile']({ ...params, ...key }, quiet);
          const exact = await engine.handlers['run.tile']({ ...params, ...key }, quiet);
          const bound = (codeError(coded, overview.range) + 1e-5) * top + floor;
          // Two differences of opposite sign may have codes of one magnitude.
          const size = coded === 'difference' && params.reducer === 'max' && level > 1 ? Math.abs : (p: number) => p;
          const stray = exact.values.findIndex((p, i) => {
            const other = shown.values[i]!;
            return Number.isNaN(p) ? !Number.isNaN(other) : !(Math.abs(size(other) - size(p)) <= bound);
          });
          expect([coded, params.reducer, key, stray]).toEqual([coded, params.reducer, key, -1]);
        }
      }
    }
    const tile = { ...of, runId, level: 1, tileRow: 0, tileColumn: 0, value: 'probability', skipKeys: 0 } as const;
    const minus = { runId: clean.runId, ...of };
    const refused: [ErrorCode, Promise<unknown>][] = [
      ['bad-request', handlers['run.tile']({ ...tile, reducer: 'min', minus }, quiet)],
      ['bad-request', handlers['run.tile']({ ...tile, value: 'logit', reducer: 'max', minus }, quiet)],
      ['not-stored', handlers['run.tile']({ ...tile, reducer: 'sum', minus }, quiet)],
      ['not-stored', handlers['run.tile']({ ...tile, reducer: 'max', minus: { ...minus, head: 2 } }, quiet)],
      ['not-stored', handlers['run.tile']({ ...tile, reducer: 'max', minus: { ...minus, runId } }, quiet)],
      ['not-stored', handlers['run.tile']({ ...tile, reducer: 'max', skipKeys: 3 }, quiet)],
      ['not-stored', handlers['run.tile']({ ...tile, level: 0, reducer: 'max' }, quiet)],
    ];
    for (const [code, work] of refused) expect(await codeOf(work)).toBe(code);

    // A clean run that is only there as a file has no maps to subtract.
    await engine.handlers['run.attach']({ runId: 'file', run: cleanStored, tensors: null }, quiet);
    const without = await engine.handlers['run.store']({ ...choice, clean: 'file' }, quiet);
    expect(without.differences!.map((difference) => difference.minus.run)).toEqual(['same']);
    expect(without.comparison).toBeNull();
  });

  it('has scores by the parameters that they were computed with, and says so of others', async () => {
    const engine = engineWith();
    await engine.handlers['model.open']({ path: folder }, quiet);
    const { runId } = await run(engine);
    const named = (width: number) => ({ scores: ['outside-mass'], scoreParameters: { 'outside-mass': { width } } });
    const { scores } = await engine.handlers['run.scores']({ runId, ...named(1) }, quiet);
    const { scoreParameters } = named(1);
    const stored = reread(await engine.handlers['run.store']({ ...nothing, runId, scoreParameters }, quiet));
    await engine.handlers['run.attach']({ runId: 'other', run: stored, tensors: null }, quiet);
    const ask = (choice: object) => engine.handlers['run.scores']({ runId: 'other', ...choice }, quiet);
    expect((await ask(named(1))).scores).toEqual(scores);
    // Without parameters it is the one with the defaults, which for so many tokens is the widest.
    expect(await codeOf(ask({ scores: ['outside-mass'] }))).toBe('not-stored');
    expect(await codeOf(ask(named(2)))).toBe('not-stored');
    expect(await codeOf(ask(named(9)))).toBe('bad-request');

    const again = reread(await engine.handlers['run.store']({ ...nothing, runId }, quiet));
    await engine.handlers['run.attach']({ runId: 'default', run: again, tensors: null }, quiet);
    const byDefault = await engine.handlers['run.scores']({ runId: 'default', scores: ['outside-mass'] }, quiet);
    expect(byDefault.scores[0]!.parameters).toEqual({ width: 2 });
  });

  it('can be compared with a live run of the same model, map by map', async () => {
    const engine = engineWith();
    const { handlers } = engine;
    await handlers['model.open']({ path: folder }, quiet);
    const { runId } = await run(engine);
    const stored = await handlers['run.store']({ ...nothing, runId }, quiet);
    const tensors = await tensorsOf(engine, runId);
    await handlers['run.attach']({ runId: 'old', run: stored, tensors }, quiet);
    const place = { layer: 1, head: 1 };
    const key = { level: 0, tileRow: 0, tileColumn: 0, value: 'probability', reducer: 'max' } as const;
    for (const [one, other] of [
      [runId, 'old'],
      ['old', runId],
    ] as const) {
      const tile = await handlers['run.tile'](
        { runId: one, ...place, ...key, skipKeys: 0, minus: { runId: other, ...place } },
        quiet,
      );
      expect([tile.min, tile.max]).toEqual([0, 0]);
    }
    await handlers['model.open']({ path: await modelAt('llama, r = 1') }, quiet);
    const { runId: foreign } = await run(engine);
    const work = handlers['run.tile'](
      { runId: 'old', ...place, ...key, skipKeys: 0, minus: { runId: foreign, ...place } },
      quiet,
    );
    expect(await codeOf(work)).toBe('bad-request');
  });

  it('has the same tensors whether its capture was in memory or on disk', async () => {
    const small = engineWith({ captureBudgetBytes: 1_050_000, spillFolder: path.join(root, 'spill') });
    await small.handlers['model.open']({ path: folder }, quiet);
    expect((await small.handlers['run.estimate']({ tokens: TOKENS }, quiet)).onDisk).toBe(true);
    const files = [];
    for (const engine of [live, small]) {
      const { path: file } = await tensorsOf(engine, (await run(engine)).runId);
      files.push(await readFile(file));
    }
    expect(files[0]!.equals(files[1]!)).toBe(true);
  });

  it('is collected while a batch job goes on, tells how far it is, and can be cancelled', async () => {
    const { runId } = await run(live);
    const log: string[] = [];
    const long = Int32Array.from({ length: 512 }, (_, i) => (i * 5) % 61);
    const batch = run(live, [], long).then(() => log.push('batch'));
    const phases = new Set<string>();
    const choice = {
      runId,
      heads: [{ layer: 1, head: 0 }],
      tokenRows: [],
      maps: [{ layer: 1, head: 0, value: 'probability', reducer: 'max' } as const],
      differences: [],
      clean: null,
    };
    await live.handlers['run.store'](choice, { ...quiet, progress: ({ phase }) => phases.add(phase) });
    log.push('stored');
    await batch;
    expect(log).toEqual(['stored', 'batch']);
    expect([...phases]).toEqual(['Profile of L1H0', 'Map of L1H0']);

    const controller = new AbortController();
    const cancelled = live.handlers['run.store'](choice, {
      signal: controller.signal,
      progress: ({ phase }) => phase.startsWith('Map') && controller.abort(),
    });
    await expect(cancelled).rejects.toThrow('Cancelled');
    const write = live.handlers['run.writeTensors'](
      { runId, path: path.join(root, 'cancelled.safetensors') },
      { signal: AbortSignal.abort(), progress: () => undefined },
    );
    await expect(write).rejects.toThrow('Cancelled');
  });
});

describe('sinks of a stored run', () => {
  it('are those that were looked at, bit for bit, and no others', async () => {
    const engine = engineWith();
    await engine.handlers['model.open']({ path: await modelAt('llama, r = 2, untied') }, quiet);
    const { runId } = await run(engine);
    const live = await engine.handlers['run.sinks']({ runId, threshold: 0.01 }, quiet);
    expect(live.positions.length).toBeGreaterThan(0);
    const offline = engineWith();
    const attach = async (name: string, sinkThreshold?: number) => {
      const choice = { runId, ...nothing, ...(sinkThreshold === undefined ? {} : { sinkThreshold }) };
      const stored = reread(await engine.handlers['run.store'](choice, quiet));
      await offline.handlers['run.attach']({ runId: name, run: stored, tensors: null }, quiet);
      return (threshold: number) => offline.handlers['run.sinks']({ runId: name, threshold }, quiet);
    };
    const kept = await attach('kept', 0.01);
    expect(await kept(0.01)).toEqual(live);
    expect(await codeOf(kept(0.02))).toBe('not-stored');
    const without = await attach('without');
    expect(await codeOf(without(0.01))).toBe('not-stored');
  });
});
