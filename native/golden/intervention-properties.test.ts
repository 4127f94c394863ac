/** What holds of interventions of every kind, through the engine: what changes nothing, and what must not be touched. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { INTERVENTION_KIND_IDS, interventionKind } from '../../shared/model/intervention-kinds/index.ts';
import type { Intervention } from '../../shared/model/intervention.ts';
import { formatInterventions, parseInterventions } from '../../shared/model/intervention-text.ts';
import { headsAt, placeHolds } from '../../shared/model/place.ts';
import { maxAbsError } from '../testing/compare.ts';
import { ADDON } from '../testing/open-forward.ts';
import { createRng, randomIds } from '../testing/rng.ts';
import { writeTinyModel, type TinyModelOptions } from '../testing/tiny-model.ts';
import { CONTEXT, EngineUnderTest } from './engine-tensors.ts';
import { casesOf, changesOf, placesOf, someOf } from './kind-cases.ts';
import { ParityTable } from './parity-table.ts';
import { differing, runBits, type RunBits } from './run-bits.ts';

const LLAMA: TinyModelOptions = { family: 'llama', layers: 3, heads: 8, kvHeads: 2, attentionBias: true };
const CASES: readonly { name: string; options: TinyModelOptions; addon: string; tokens: number }[] = [
  { name: 'llama, r = 4', options: LLAMA, addon: ADDON, tokens: 19 },
  { name: 'llama, r = 4, ONNX kernel', options: LLAMA, addon: '', tokens: 19 },
  // More than a row block of segments and kernel.
  { name: 'llama, r = 4, several blocks', options: LLAMA, addon: ADDON, tokens: 600 },
  {
    name: 'mistral, window 7',
    options: { family: 'mistral', kvHeads: 2, layers: 3, config: { sliding_window: 7 } },
    addon: ADDON,
    tokens: 19,
  },
  { name: 'gpt2', options: { family: 'gpt2', layers: 3 }, addon: ADDON, tokens: 19 },
];
/** Of what changes nothing, but computes it another way. */
const SAME = 1e-6;
/** Of what is the same by definition, summed in another order. */
const CLOSE = 1e-5;

const untouched = new ParityTable('what changes nothing, bit for bit: largest change of a logit');
const same = new ParityTable('what changes nothing, computed another way: largest change of a logit');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headscope-properties-'));
});
afterAll(async () => {
  untouched.print();
  same.print();
  await rm(folder, { recursive: true, force: true });
});

describe.each(CASES.map((each, seed) => ({ ...each, seed })))('$name', ({ name, options, addon, tokens, seed }) => {
  let engine: EngineUnderTest;
  let ids: Int32Array;
  let clean: RunBits;
  beforeAll(async () => {
    engine = new EngineUnderTest({ addon });
    const path = join(folder, String(seed));
    await writeTinyModel(path, { ...options, context: 700, seed: seed + 900 });
    await engine.open(path);
    ids = randomIds(createRng(seed + 70), tokens, engine.info.vocabSize);
    clean = await runBits(engine, ids);
  });
  afterAll(() => engine.dispose());

  const bits = (list: readonly Intervention[]) => runBits(engine, ids, list);
  const lists = (what: (typeof INTERVENTION_KIND_IDS)[number]) =>
    someOf(casesOf(what, ids, engine.info), tokens > 100 ? 2 : 8);

  it('keeps the bits where nothing is done', async () => {
    const self = `<-${Array.from(ids).join(' ')}`;
    const texts = [
      'off L1H0=zero',
      'L0=scale:1',
      'L1H1=scale:1',
      'L0=temperature:1',
      'L1=freeze',
      'L1=freeze@3:9,L1=freeze@5',
      'L0=freeze,L1=freeze,L2=freeze',
      'L1=mean:position',
      `L1=mean:position${self}`,
      `L0H2=resample${self}`,
      'L0=residual:zero:-1:1e9',
      ...['z', 'q', 'k', 'v', 'pattern'].flatMap((what) =>
        ['start', 'end', 'tokens'].map(
          (align) => `L0H1=patch:${what}:${align}${self},L1=patch:${what}:${align}${self}`,
        ),
      ),
      ...['z', 'q', 'k', 'v', 'pattern'].map((what) => `L1KV0=patch:${what}:start${self}`),
      `L1=patch:pattern:tokens@3:9${self}`,
      // Everything at once.
      `L0=patch:z${self},L0=patch:q${self},L1=patch:k${self},L1=patch:v${self},L2=patch:pattern${self}`,
    ];
    for (const text of texts) {
      const changed = await bits(parseInterventions(text));
      untouched.add(text.replaceAll(self, ''), name, logitChange(changed), 0);
      expect(differing(changed, clean), text).toEqual([]);
    }
  });

  const logitChange = (changed: RunBits) => maxAbsError(changed.get('logits')!, clean.get('logits')!);

  it.each([
    ['streaming, full window', `L0=streaming:0:${tokens},L1H0=streaming:4:${tokens}`],
    ['streaming, all sinks', `L0=streaming:${tokens}:1`],
    ['window, full', `L1=window:${tokens},L2KV0=window:${tokens}`],
    ['drop-keys, unseen', `L1=drop-keys@0:5#5:9`],
    ['calibrate, beta 1', 'L0=calibrate:1,L1=calibrate:1:0'],
    ['scale by 2, then 0.5', 'L1=scale:2,L1=scale:0.5'],
    ['temperature 4, then 0.25', 'L1=temperature:4,L1=temperature:0.25'],
    ['calibrate, no sink', 'L1=calibrate:0:1'],
  ])('%s: within 1e-6', async (label, text) => {
    const error = logitChange(await bits(parseInterventions(text)));
    same.add(label, name, error, SAME);
    expect(error).toBeLessThanOrEqual(SAME);
  });

  it('ignores what is off, wherever it stands', async () => {
    const list = parseInterventions('L1H0=zero,L1H1=uniform');
    const off = (text: string) => ({ ...parseInterventions(text)[0]!, off: true as const });
    const { runId } = await engine.run(ids, list);
    const mixed = [off('L0=zero'), list[0]!, off('L1H1=scale:3'), list[1]!, off('L2=sigmoid')];
    expect((await engine.run(ids, mixed)).runId).toBe(runId);
    expect((await engine.run(ids, [off('L0=zero')])).runId).toBe((await engine.run(ids)).runId);
    await engine.release(runId);
  });

  it.each(INTERVENTION_KIND_IDS)(
    '%s: leaves layers below and heads beside it as they are, bit for bit',
    async (what) => {
      const { heads, kvHeads, headDim } = engine.info;
      for (const list of lists(what)) {
        const last = list.at(-1)!;
        const { layer } = last.where;
        if (list.length > 1) continue;
        const changed = await bits(list);
        const below = (hook: string) => Number(/^blocks\.(\d+)/.exec(hook)?.[1] ?? Infinity) < layer;
        // What leaves the layer below is edited where it enters this one.
        const isBelow = (hook: string) => below(hook) && !(what === 'residual' && hook.endsWith('resid_post'));
        expect(differing(changed, clean, isBelow), formatInterventions(list)).toEqual([]);
        if (what === 'residual') continue;
        const hook = `blocks.${layer}.attn.hook_z`;
        const touched = (head: number) => {
          const hits = placeHolds(last.where, { layer, head }, engine.info);
          if (what !== 'patch' || !['k', 'v'].includes(String(last.parameters?.['what']))) return hits;
          // Keys and values are those of the group.
          const group = (h: number) => Math.floor((h * kvHeads) / heads);
          return headsAt(last.where, engine.info).some((named) => group(named.head) === group(head));
        };
        const others = (values: Float32Array) => values.filter((_, at) => !touched(Math.floor(at / headDim) % heads));
        expect(others(changed.get(hook)!), formatInterventions(list)).toEqual(others(clean.get(hook)!));
      }
    },
  );

  it.each(INTERVENTION_KIND_IDS)('%s: gives the same bits resumed and from the start', async (what) => {
    for (const list of lists(what)) {
      // Nothing, at layer 0: all layers are computed.
      const noop: Intervention = { what: 'scale', where: { layer: 0, head: 0 }, parameters: { factor: 1 } };
      const layer = Math.min(...list.map(({ where }) => where.layer));
      const resumed = await engine.run(ids, list);
      const full = await engine.run(ids, [noop, ...list]);
      expect([resumed.computedFrom, full.computedFrom]).toEqual([layer, 0]);
      await Promise.all([engine.release(resumed.runId), engine.release(full.runId)]);
      expect(differing(await bits(list), await bits([noop, ...list])), formatInterventions(list)).toEqual([]);
    }
  });

  it.each(INTERVENTION_KIND_IDS)('%s: changes of late rows leave the rows before them as they are', async (what) => {
    const first = tokens - 7;
    const rows = [
      { start: first, end: first + 2 },
      { start: first + 4, end: tokens },
    ];
    const { vocabSize } = engine.info;
    for (const list of lists(what)) {
      if (list.length > 1) continue;
      const changed = await bits(list.map((entry) => ({ ...entry, rows })));
      const before = ({ [0]: a, [1]: b }: readonly [RunBits, RunBits]) =>
        [a, b].map((run) => run.get('logits')!.slice(0, first * vocabSize));
      const [now, then] = before([changed, clean]);
      expect(now, formatInterventions(list)).toEqual(then);
    }
  });

  it.each(INTERVENTION_KIND_IDS)('%s: at a KV group and a layer is the same at each of their heads', async (what) => {
    if (!interventionKind(what).places.some((place) => place === 'head')) return;
    const changes = changesOf(ids, engine.info)[what];
    for (const change of someOf(changes, tokens > 100 ? 2 : 5)) {
      for (const where of placesOf(what, 1, engine.info).slice(1)) {
        const together = await bits([{ ...change, where }]);
        const single = await bits(headsAt(where, engine.info).map((head) => ({ ...change, where: head })));
        expect(differing(together, single), formatInterventions([{ ...change, where }])).toEqual([]);
      }
    }
  });

  it('does several at once with the same bits from any layer and in any order of layers', async () => {
    const { info } = engine;
    const changes = Object.values(changesOf(ids, info)).flat();
    const entry = fc
      .record({ change: fc.constantFrom(...changes), layer: fc.constantFrom(1, 2), place: fc.nat(2) })
      .map(({ change, layer, place }): Intervention => {
        const places = placesOf(change.what, layer, info);
        return { ...change, where: places[place % places.length]! };
      })
      // Temperature and calibration are refused after a sigmoid.
      .filter(({ what }) => what !== 'sigmoid');
    const noop: Intervention = { what: 'scale', where: { layer: 0, head: 0 }, parameters: { factor: 1 } };
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { minLength: 1, maxLength: 5 }), async (list) => {
        const resumed = await bits(list);
        expect(differing(resumed, await bits([noop, ...list])), formatInterventions(list)).toEqual([]);
        // Entries of different layers commute; those of one layer keep their order.
        const byLayer = list.toSorted((a, b) => b.where.layer - a.where.layer);
        expect(differing(resumed, await bits(byLayer)), formatInterventions(byLayer)).toEqual([]);
      }),
      { numRuns: tokens > 100 ? 4 : 15, seed: seed + 1 },
    );
  });

  it('drops keys as a mask would', async () => {
    const row = tokens - 2;
    const rows = [{ start: row, end: row + 1 }];
    const masked = await bits([
      { what: 'streaming', where: { layer: 1, head: 1 }, parameters: { sink: 1, window: 4 }, rows },
    ]);
    const dropped = await bits([
      { what: 'drop-keys', where: { layer: 1, head: 1 }, keys: [{ start: 1, end: row - 3 }], rows },
    ]);
    expect(maxAbsError(masked.get('logits')!, dropped.get('logits')!)).toBeLessThan(CLOSE);
    expect(logitChange(masked)).toBeGreaterThan(1e-5);
    // Values of keys that are not seen are nothing already.
    const both = await bits(parseInterventions('L1H1=drop-keys#0:3,L1H1=zero-values#0:3'));
    const alone = await bits(parseInterventions('L1H1=drop-keys#0:3'));
    expect(maxAbsError(both.get('logits')!, alone.get('logits')!)).toBeLessThan(CLOSE);
    // So are values that are set to 0.
    expect(logitChange(await bits(parseInterventions('L1=zero-values@0:5#5:9')))).toBeLessThan(CLOSE);
  });

  it('works in the order of the list where order tells', async () => {
    const other = Array.from(randomIds(createRng(5), tokens, engine.info.vocabSize)).join(' ');
    const differ = async (a: string, b: string) =>
      maxAbsError(
        (await bits(parseInterventions(a))).get('logits')!,
        (await bits(parseInterventions(b))).get('logits')!,
      );
    expect(await differ(`L1H1=zero,L1H1=patch:z:start<-${other}`, `L1H1=patch:z:start<-${other}`)).toBe(0);
    expect(await differ(`L1H1=patch:z:start<-${other},L1H1=zero`, 'L1H1=zero')).toBe(0);
    expect(await differ('L1H1=window:2,L1H1=freeze', 'L1H1=freeze')).toBe(0);
    expect(await differ('L1H1=freeze,L1H1=window:2', 'L1H1=freeze')).toBeGreaterThan(1e-5);
    // In its rows a frozen pattern brings back what was hidden, also where what it is does not matter.
    const evened = 'L1H1=drop-keys#0:3,L1H1=freeze@6:9,L1H1=uniform';
    expect(await differ(evened, `L1H1=drop-keys@0:6+9:${tokens}#0:3,L1H1=uniform`)).toBeLessThan(CLOSE);
    expect(await differ(evened, 'L1H1=drop-keys#0:3,L1H1=uniform')).toBeGreaterThan(1e-5);
    expect(await differ('L1H1=zero,L1H1=uniform', 'L1H1=zero')).toBe(0);
    expect(await differ('L1H1=calibrate:0.2:0.05,L1H1=uniform', 'L1H1=uniform')).toBeLessThan(CLOSE);
  });

  it('tells what a key alone does as dropping it does', async () => {
    const [layer, head, query] = [engine.info.layers - 1, 1, tokens - 3];
    const { runId } = await engine.run(ids);
    const removals = await engine.engine.handlers['run.keyRemovals'](
      { runId, layer, head, query, target: { position: null, token: null, against: null, finalNorm: 'frozen' } },
      CONTEXT,
    );
    const hook = `blocks.${layer}.attn.hook_result`;
    const { dModel, heads } = engine.info;
    /** What the head writes at the query. */
    const written = (tensors: ReadonlyMap<string, Float32Array>) => {
      const at = (query * heads + head) * dModel;
      return tensors.get(hook)!.subarray(at, at + dModel);
    };
    const before = written(await engine.tensors(runId, [hook]));
    const keys = [0, 1, query - 5, query - 1, query];
    for (const key of keys) {
      const rows = [{ start: query, end: query + 1 }];
      const drop: Intervention = {
        what: 'drop-keys',
        where: { layer, head },
        keys: [{ start: key, end: key + 1 }],
        rows,
      };
      const changed = await engine.run(ids, [drop]);
      const after = written(await engine.tensors(changed.runId, [hook]));
      const moved = Math.hypot(...before.map((value, d) => after[d]! - value));
      // Keys that the window hides are nothing to begin with.
      expect(moved > 0).toBe(removals.weight[key]! > 0);
      expect(Math.abs(removals.deviation[key]! - moved)).toBeLessThan(1e-5);
      await engine.release(changed.runId);
    }
  });
});
