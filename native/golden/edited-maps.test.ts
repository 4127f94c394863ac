/** What the maps of a run under each kind of intervention show, against whole float64 maps from the definitions. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ParsedParamsOf } from '../../shared/contract/methods.ts';
import type { Change } from '../../shared/model/effect.ts';
import { changedHeads } from '../../shared/model/changed-heads.ts';
import { INTERVENTION_KIND_IDS, interventionKind } from '../../shared/model/intervention-kinds/index.ts';
import type { Intervention } from '../../shared/model/intervention.ts';
import { formatInterventions } from '../../shared/model/intervention-text.ts';
import {
  TILE_REDUCERS,
  TILE_SIZE,
  TILE_VALUES,
  topLevel,
  type TileReducer,
  type TileValue,
} from '../../shared/tensor/tile.ts';
import { distanceBin } from '../attention/statistics.ts';
import { ADDON } from '../testing/open-forward.ts';
import { openReference, type ReferenceModel, type ReferenceRun } from '../testing/reference-forward.ts';
import { referenceInterventions } from '../testing/reference-interventions.ts';
import { createRng, randomIds } from '../testing/rng.ts';
import { writeTinyModel, type TinyModelOptions } from '../testing/tiny-model.ts';
import { CONTEXT, EngineUnderTest, promptScores } from './engine-tensors.ts';
import { casesOf } from './kind-cases.ts';
import { ParityTable } from './parity-table.ts';

const TOKENS = 19;
/** Has coarser levels. */
const LONG = 530;
const MODELS: Readonly<Record<string, { readonly options: TinyModelOptions; readonly addon: string }>> = {
  'llama, r = 4': {
    options: { family: 'llama', layers: 2, context: 600, heads: 8, kvHeads: 2, attentionBias: true },
    addon: ADDON,
  },
  'mistral, window 7, without addon': {
    options: { family: 'mistral', kvHeads: 2, layers: 2, context: 600, config: { sliding_window: 7 } },
    addon: '',
  },
};

/** One head's map in float64. */
class Map64 {
  readonly n: number;
  readonly #run: ReferenceRun;
  readonly #layer: number;
  readonly #head: number;
  readonly #visible = new Map<number, readonly number[]>();

  constructor(run: ReferenceRun, layer: number, head: number) {
    this.n = run.n;
    this.#run = run;
    this.#layer = layer;
    this.#head = head;
  }

  /** 0 where the query does not see the key: no other weight of these models is. */
  p(query: number, key: number): number {
    return this.#run.layers[this.#layer]!.attention[(this.#head * this.n + query) * this.n + key]!;
  }

  score(query: number, key: number): number {
    return this.#run.layers[this.#layer]!.scores[(this.#head * this.n + query) * this.n + key]!;
  }

  visible(query: number): readonly number[] {
    const known = this.#visible.get(query);
    if (known !== undefined) return known;
    const found = Array.from({ length: query + 1 }, (_, key) => key).filter((key) => this.p(query, key) > 0);
    this.#visible.set(query, found);
    return found;
  }

  value(what: TileValue, query: number, key: number): number {
    const p = this.p(query, key);
    if (what === 'probability') return p;
    if (what === 'logProbability') return Math.log(p);
    return what === 'lift' ? p * this.visible(query).length : this.score(query, key);
  }
}

function reduce(cells: readonly number[], reducer: TileReducer, isDifference: boolean): number {
  if (cells.length === 0) return NaN;
  const sum = cells.reduce((a, b) => a + b, 0);
  const largest = cells.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a));
  return { max: isDifference ? largest : Math.max(...cells), min: Math.min(...cells), sum, mean: sum / cells.length }[
    reducer
  ];
}

const table = new ParityTable('what maps show of changed runs against whole float64 maps');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headscope-edited-'));
});
afterAll(async () => {
  table.print();
  await rm(folder, { recursive: true, force: true });
});

describe.each(Object.entries(MODELS).map(([name, model], seed) => ({ name, ...model, seed })))(
  'maps of $name',
  ({ options, addon, seed }) => {
    const under = new EngineUnderTest({ addon });
    const { handlers } = under.engine;
    let reference: ReferenceModel;
    let ids: Int32Array;
    let clean: { readonly runId: string; readonly run: ReferenceRun };
    beforeAll(async () => {
      const path = join(folder, String(seed));
      await writeTinyModel(path, { ...options, seed: seed + 40 });
      await under.open(path);
      reference = await openReference(path);
      ids = randomIds(createRng(seed + 9), TOKENS, under.info.vocabSize);
      clean = { runId: (await under.run(ids)).runId, run: await reference(ids) };
    });
    afterAll(() => under.dispose());

    type Asked = Pick<ParsedParamsOf<'run.tile'>, 'runId' | 'layer' | 'head'> & Partial<ParsedParamsOf<'run.tile'>>;
    const tile = (asked: Asked) =>
      handlers['run.tile'](
        { level: 0, tileRow: 0, tileColumn: 0, value: 'probability', reducer: 'max', skipKeys: 0, ...asked },
        CONTEXT,
      );

    /** `of`: the cells of a row that count, by key. */
    function expectTile(
      label: string,
      actual: Float32Array,
      { level, reducer, tokens = TOKENS }: { level: number; reducer: TileReducer; tokens?: number },
      of: (query: number) => ReadonlyMap<number, number>,
      isDifference = false,
    ): void {
      const size = 2 ** level;
      const side = Math.min(TILE_SIZE, Math.ceil(tokens / size));
      let worst = 0;
      for (let row = 0; row < side; row++) {
        const texels = Array.from({ length: side }, (): number[] => []);
        for (let query = row * size; query < Math.min(tokens, (row + 1) * size); query++) {
          for (const [key, value] of of(query)) texels[Math.floor(key / size)]?.push(value);
        }
        for (const [column, cells] of texels.entries()) {
          const expected = reduce(cells, reducer, isDifference);
          const found = actual[row * TILE_SIZE + column]!;
          // Two differences of one size and other signs: either may be the larger.
          if (isDifference && reducer === 'max' && Math.abs(found + expected) < 1e-5) continue;
          const error = Math.abs(found - expected) / (1 + Math.abs(expected)) / (reducer === 'sum' ? size * size : 1);
          if (Number.isNaN(expected) ? !Number.isNaN(found) : !(error < 1e-5)) {
            expect.fail(`${label}: ${found} instead of ${expected} at ${row}, ${column}`);
          }
          if (error > worst) worst = error;
        }
      }
      table.add(label.split(':')[0]!, isDifference ? 'difference' : 'texels', worst, 1e-5);
    }

    async function expectTiles(label: string, runId: string, map: Map64, head: { layer: number; head: number }) {
      const isMoved = label.startsWith('calibrate');
      for (const value of TILE_VALUES) {
        // Scores of moved weights are told up to a constant of the row.
        if (value === 'logit' && isMoved) continue;
        for (const reducer of TILE_REDUCERS) {
          const { values } = await tile({ runId, ...head, value, reducer });
          expectTile(label, values, { level: 0, reducer }, (query) => {
            return new Map(map.visible(query).map((key) => [key, map.value(value, query, key)]));
          });
        }
        const rest = await tile({ runId, ...head, value, skipKeys: 2, renormalise: true });
        expectTile(label, rest.values, { level: 0, reducer: 'max' }, (query) => {
          const left = map.visible(query).filter((key) => key >= 2);
          const sum = left.reduce((total, key) => total + map.p(query, key), 0);
          const of = (key: number) => {
            const p = map.p(query, key) / sum;
            return { probability: p, logProbability: Math.log(p), lift: p * left.length, logit: map.score(query, key) }[
              value
            ];
          };
          return new Map(left.map((key) => [key, of(key)]));
        });
      }
    }

    async function expectDifferences(label: string, runId: string, map: Map64, head: { layer: number; head: number }) {
      const before = new Map64(clean.run, head.layer, head.head);
      for (const reducer of ['max', 'mean', 'sum'] as const) {
        const { values } = await tile({ runId, ...head, reducer, minus: { runId: clean.runId, ...head } });
        expectTile(
          label,
          values,
          { level: 0, reducer },
          (query) => {
            const seen = new Set([...map.visible(query), ...before.visible(query)]);
            return new Map([...seen].map((key) => [key, map.p(query, key) - before.p(query, key)]));
          },
          true,
        );
      }
    }

    async function expectReadings(label: string, runId: string, map: Map64, head: { layer: number; head: number }) {
      const close = (what: string, actual: number, expected: number) => {
        const error = Math.abs(actual - expected);
        table.add(label.split(':')[0]!, what, error, 1e-5);
        if (!(error < 1e-5)) expect.fail(`${what} of ${label}: ${actual} instead of ${expected}`);
      };
      const rows = Array.from({ length: TOKENS }, (_, query) => query);
      const profile = await handlers['run.head']({ runId, ...head }, CONTEXT);
      const distance = new Float64Array(profile.distance.length);
      for (const query of rows) {
        const weights = rows.map((key) => map.p(query, key));
        close('profile', profile.firstToken[query]!, weights[0]!);
        close('profile', profile.rowMax[query]!, Math.max(...weights));
        close('profile', profile.entropy[query]!, -weights.reduce((sum, p) => sum + (p > 0 ? p * Math.log(p) : 0), 0));
        weights.forEach((p, key) => {
          if (key <= query) distance[distanceBin(query - key)]! += p / TOKENS;
        });
      }
      profile.distance.forEach((mass, bin) => close('profile', mass, distance[bin]!));
      for (const key of rows) {
        const seeing = rows.filter((query) => query >= key && map.p(query, key) > 0);
        const mean = seeing.reduce((sum, query) => sum + map.p(query, key), 0) / seeing.length;
        if (seeing.length === 0) expect(profile.columnMean[key]).toBeNaN();
        else close('profile', profile.columnMean[key]!, mean);
      }
      for (const index of [4, 5, 11]) {
        const { outgoing, incoming } = await handlers['run.token']({ runId, ...head, index }, CONTEXT);
        for (const other of rows) {
          close('token', outgoing[other]!, other <= index ? map.p(index, other) : 0);
          close('token', incoming[other]!, other >= index ? map.p(other, index) : 0);
        }
        const visible = map.visible(index);
        for (const key of rows.slice(0, index + 1)) {
          const cell = handlers['run.cell']({ runId, ...head, query: index, key, skipKeys: 0 }, CONTEXT);
          if (!visible.includes(key)) {
            await expect(cell).rejects.toMatchObject({ code: 'bad-request' });
            continue;
          }
          const { probability, rank, visible: count } = await cell;
          close('cell', probability, map.p(index, key));
          expect(count).toBe(visible.length);
          const larger = visible.filter((one) => map.p(index, one) > map.p(index, key) * (1 + 1e-6)).length;
          const ties = visible.filter((one) => Math.abs(map.p(index, one) / map.p(index, key) - 1) <= 1e-6).length;
          expect(rank).toBeGreaterThan(larger);
          expect(rank).toBeLessThanOrEqual(larger + ties);
        }
      }
      const span = { name: 'some', start: 2, end: 5 };
      const [onSpan] = (await handlers['run.spans']({ runId, spans: [span] }, CONTEXT)).scores;
      const after = rows.slice(span.end);
      const massOf = (query: number) => map.p(query, 2) + map.p(query, 3) + map.p(query, 4);
      const mean = after.reduce((sum, query) => sum + massOf(query), 0) / after.length;
      close('span', onSpan!.values![head.layer * under.info.heads + head.head]!, mean);
      const area = { rowStart: 3, rowEnd: 12, keyStart: 1, keyEnd: 9 };
      const region = await handlers['run.region']({ runId, ...head, ...area }, CONTEXT);
      const cells = rows
        .slice(area.rowStart, area.rowEnd)
        .map((query) => map.visible(query).filter((key) => key >= area.keyStart && key < area.keyEnd));
      expect(region.cells).toBe(cells.reduce((sum, keys) => sum + keys.length, 0));
      cells.forEach((keys, i) => {
        const mass = keys.reduce((sum, key) => sum + map.p(area.rowStart + i, key), 0);
        close('region', region.queryMass[i]!, mass);
      });
      for (const { query, key, probability } of region.top) close('region', probability, map.p(query, key));
    }

    it.each(INTERVENTION_KIND_IDS.filter((what) => interventionKind(what).maps !== 'none'))('%s', async (what) => {
      for (const list of casesOf(what, ids, under.info)) {
        const { runId } = await under.run(ids, list);
        const run = await referenceInterventions(reference, ids, list);
        const label = `${what}: ${formatInterventions(list)}`;
        // The first changed head, and one beside it that shares its keys or not.
        const changed = changedHeads(list.slice(-1), under.info)[0]!;
        const beside = { layer: changed.layer, head: (changed.head + 1) % under.info.heads };
        for (const head of [changed, beside]) {
          const map = new Map64(run, head.layer, head.head);
          await expectTiles(label, runId, map, head);
          await expectDifferences(label, runId, map, head);
          await expectReadings(label, runId, map, head);
        }
        const { size, values } = await handlers['run.miniatures']({ runId }, CONTEXT);
        const map = new Map64(run, changed.layer, changed.head);
        expect(size).toBe(TOKENS);
        const at = (changed.layer * under.info.heads + changed.head) * size * size;
        for (let query = 0; query < TOKENS; query++) {
          for (let key = 0; key < TOKENS; key++) {
            const found = values[at + query * size + key]!;
            if (key > query || map.p(query, key) === 0) expect(found, label).toBeNaN();
            else expect(Math.abs(found - map.p(query, key)), label).toBeLessThan(1e-5);
          }
        }
        await under.release(runId);
      }
    });

    it.each<[string, Change[]]>([
      ['streaming', [{ what: 'streaming', parameters: { sink: 3, window: 40 } }]],
      ['window', [{ what: 'window', parameters: { window: 5 }, rows: [{ start: 100, end: 400 }] }]],
      [
        'drop-keys',
        [
          { what: 'temperature', parameters: { temperature: 0.5 } },
          { what: 'drop-keys', keys: [{ start: 7, end: 300 }], rows: [{ start: 250, end: LONG }] },
        ],
      ],
      ['freeze', [{ what: 'freeze' }, { what: 'drop-keys', keys: [{ start: 0, end: 2 }] }]],
      ['calibrate', [{ what: 'calibrate', parameters: { beta: 0.3 }, keys: [{ start: 1, end: 20 }] }]],
      ['patch', [{ what: 'patch', parameters: { what: 'pattern', align: 'end' } }]],
    ])('%s at every level', async (what, changes) => {
      const long = randomIds(createRng(seed + 20), LONG, under.info.vocabSize);
      const head = { layer: 1, head: 1 };
      const shorter = { prompts: [Array.from(long.subarray(9)).reverse()] };
      const list = changes.map((change): Intervention => ({
        ...change,
        where: head,
        ...(change.what === 'patch' && { source: shorter }),
      }));
      const before: Intervention = { what: 'zero', where: { layer: 0, head: 0 } };
      const { runId } = await under.run(long, [before, ...list]);
      const other = await under.run(long);
      const map = new Map64(await referenceInterventions(reference, long, [before, ...list]), 1, 1);
      const plain = new Map64(await reference(long), 1, 1);
      for (const [at, reducer] of TILE_REDUCERS.entries()) {
        for (let level = 0; level <= topLevel(LONG); level++) {
          const value = TILE_VALUES[(at + level) % TILE_VALUES.length]!;
          if (value === 'logit' && what === 'calibrate') continue;
          const { values } = await tile({ runId, ...head, level, value, reducer });
          expectTile(`${what}: ${value} at level ${level}`, values, { level, reducer, tokens: LONG }, (query) => {
            return new Map(map.visible(query).map((key) => [key, map.value(value, query, key)]));
          });
          if (reducer === 'min') continue;
          const difference = await tile({ runId: other.runId, ...head, level, reducer, minus: { runId, ...head } });
          expectTile(
            `${what}: difference at level ${level}`,
            difference.values,
            { level, reducer, tokens: LONG },
            (query) => {
              const seen = new Set([...map.visible(query), ...plain.visible(query)]);
              return new Map([...seen].map((key) => [key, plain.p(query, key) - map.p(query, key)]));
            },
            true,
          );
        }
      }
      await under.release(runId);
      await under.release(other.runId);
    });

    it('nothing fails where rows see nothing or weigh without a softmax', async () => {
      const list: Intervention[] = [
        { what: 'drop-keys', where: { layer: 0, head: 1 } },
        { what: 'drop-keys', where: { layer: 1 }, rows: [{ start: 3, end: 8 }] },
        { what: 'sigmoid', where: { layer: 1, head: 0 }, rows: [{ start: 4, end: 12 }] },
      ];
      const { runId } = await under.run(ids, list);
      const { scores } = await handlers['score.list']({}, CONTEXT);
      const { scores: tables } = await handlers['run.scores']({ runId, scores: promptScores(scores) }, CONTEXT);
      for (const { info, values } of tables) {
        expect(values === null || values.length === under.info.layers * under.info.heads, info.id).toBe(true);
      }
      const { rate } = await handlers['run.sinks']({ runId, threshold: 0.3 }, CONTEXT);
      expect(rate.every(Number.isFinite)).toBe(true);
      await handlers['run.distances']({ runId }, CONTEXT);
      await handlers['run.descriptors']({ runId }, CONTEXT);
      await handlers['run.store'](
        { runId, heads: [{ layer: 0, head: 1 }], tokenRows: [], maps: [], differences: [], clean: clean.runId },
        CONTEXT,
      );
      const hidden = await tile({ runId, layer: 0, head: 1 });
      expect(hidden.values.every(Number.isNaN)).toBe(true);
      const { outgoing } = await handlers['run.token']({ runId, layer: 0, head: 1, index: 7 }, CONTEXT);
      expect(outgoing.every((p) => p === 0)).toBe(true);
    });

    it('there are none of weights that are no softmax, but those of the other heads', async () => {
      const list: Intervention[] = [{ what: 'sigmoid', where: { layer: 1, head: 2 } }];
      const { runId } = await under.run(ids, list);
      const head = { layer: 1, head: 2 };
      const refused = { code: 'no-map', message: 'L1H2 has no attention map in this run.' };
      await expect(tile({ runId, ...head })).rejects.toMatchObject(refused);
      await expect(tile({ runId: clean.runId, ...head, minus: { runId, ...head } })).rejects.toMatchObject(refused);
      await expect(handlers['run.head']({ runId, ...head }, CONTEXT)).rejects.toMatchObject(refused);
      await expect(handlers['run.token']({ runId, ...head, index: 4 }, CONTEXT)).rejects.toMatchObject(refused);
      const cell = { runId, ...head, query: 4, key: 2, skipKeys: 0 };
      await expect(handlers['run.cell'](cell, CONTEXT)).rejects.toMatchObject(refused);
      const region = { runId, ...head, rowStart: 0, rowEnd: 4, keyStart: 0, keyEnd: 4 };
      await expect(handlers['run.region'](region, CONTEXT)).rejects.toMatchObject(refused);
      const { size, values } = await handlers['run.miniatures']({ runId }, CONTEXT);
      const at = (1 * under.info.heads + 2) * size * size;
      expect(values.subarray(at, at + size * size).every(Number.isNaN)).toBe(true);
      const [onSpan] = (await handlers['run.spans']({ runId, spans: [{ name: 'a', start: 2, end: 5 }] }, CONTEXT))
        .scores;
      const place = 1 * under.info.heads + 2;
      expect(Array.from(onSpan!.values!, Number.isNaN).indexOf(true)).toBe(place);
      const { scores } = await handlers['run.scores']({ runId }, CONTEXT);
      for (const id of ['entropy', 'sink', 'previous']) {
        const values = scores.find(({ info }) => info.id === id)!.values!;
        expect(values[place], id).toBeNaN();
        expect(values.filter(Number.isNaN), id).toHaveLength(1);
      }
      const run = await referenceInterventions(reference, ids, list);
      const beside = { layer: 1, head: 3 };
      await expectReadings('sigmoid: beside', runId, new Map64(run, 1, 3), beside);
      await expectDifferences('sigmoid: beside', runId, new Map64(run, 1, 3), beside);
    });
  },
);
