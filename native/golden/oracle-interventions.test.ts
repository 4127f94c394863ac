/**
 * The oracle (native/testing/oracle.ts) under interventions: what its heads do follows from their weights, so what is left
 * when one is removed is known, whatever way it is removed.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Intervention } from '../../shared/model/intervention.ts';
import { parseInterventions } from '../../shared/model/intervention-text.ts';
import { attnOnly } from '../testing/attn-only.ts';
import { maxAbsError } from '../testing/compare.ts';
import { ORACLE, writeOracle } from '../testing/oracle.ts';
import { openReference, type ReferenceModel } from '../testing/reference-forward.ts';
import { nllOfLogits, referenceInterventions } from '../testing/reference-interventions.ts';
import { CONTEXT, EngineUnderTest } from './engine-tensors.ts';

/** [BOS] + A + A with A = 1 .. 6. */
const REPEAT = Int32Array.of(ORACLE.bos, 1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6);
/** First row of the second copy. */
const SECOND = 7;
const LIMIT = 1e-4;
/** Of the residual that enters layer 1: first dimension of the slot for the token before. */
const BEFORE = ORACLE.vocab + ORACLE.context;
/** As long, and with other tokens everywhere but at BOS. */
const OTHER = '0 7 8 9 10 11 7 8 9 10 11 7 8';

/** Ways of removing a head. */
const REMOVALS = [
  'zero',
  'scale:0',
  'uniform',
  'window:1',
  'streaming:1:1',
  'drop-keys',
  'zero-values',
  'temperature:1000',
  'mean',
  `patch:z:start<-${OTHER}`,
  `patch:v:start<-${OTHER}`,
  `resample<-${OTHER}`,
] as const;
/** Those that leave the head before it its pattern: its queries and keys are of positions, and no weight is elsewhere. */
const HARMLESS = [`patch:q:start<-${OTHER}`, 'sigmoid:log-visible', 'calibrate:0#0:13', 'freeze'] as const;
const ALL = [...REMOVALS, ...HARMLESS, 'sigmoid'];

let folder: string;
let model: ReferenceModel;
const engine = new EngineUnderTest({ families: [attnOnly] });
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headscope-oracle-interventions-'));
  await writeOracle(folder);
  model = await openReference(folder);
  await engine.open(folder);
});
afterAll(async () => {
  printLosses();
  await engine.dispose();
  await rm(folder, { recursive: true, force: true });
});

const losses = new Map<string, string[]>();
function printLosses(): void {
  const lines = [...losses].map(([label, cells]) =>
    [label.padEnd(24), ...cells.map((cell) => cell.padStart(10))].join(' '),
  );
  const heads = ['L0H0', 'L0H1', 'L1H0', 'L1H1'].map((head) => head.padStart(10)).join(' ');
  process.stdout.write(
    `\nOracle: loss on the second copy (nats; clean 0.0005) with one head changed\n${''.padEnd(24)} ${heads}\n${lines.join('\n')}\n`,
  );
}

const of = (head: string, how: string) => parseInterventions(`${head}=${how}`);
const meanOf = (nll: ArrayLike<number>) =>
  Array.from(nll)
    .slice(SECOND + 1)
    .reduce((sum, value) => sum + value, 0) /
  (REPEAT.length - SECOND - 1);

/** Mean over the second copy, nats. */
async function loss(list: readonly Intervention[]): Promise<number> {
  const { runId, nll } = await engine.run(REPEAT, list);
  await engine.release(runId);
  return meanOf(nll);
}

async function referenceLoss(list: readonly Intervention[]): Promise<number> {
  const { logits, vocab } = await referenceInterventions(model, REPEAT, list);
  const ofRow = (row: number) => nllOfLogits(logits.subarray(row * vocab, (row + 1) * vocab), REPEAT[row + 1]!);
  return meanOf([0, ...Array.from({ length: REPEAT.length - 1 }, (_, row) => ofRow(row))]);
}

/** Of L0H0, L0H1, L1H0, L1H1. */
async function scores(list: readonly Intervention[], id: string): Promise<readonly number[]> {
  const { runId } = await engine.run(REPEAT, list);
  const { scores: tables } = await engine.engine.handlers['run.scores']({ runId, scores: [id] }, CONTEXT);
  await engine.release(runId);
  return [...tables.find(({ info }) => info.id === id)!.values!];
}

describe('the oracle under interventions', () => {
  it.each([
    ['zero', [10.0005, 0.0005, 2.4849, 0.0005]],
    ['uniform', [9.6141, 0.0005, 2.6059, 0.0005]],
  ] as const)('%s: loses what the reference document says', async (how, expected) => {
    for (const [at, head] of ['L0H0', 'L0H1', 'L1H0', 'L1H1'].entries())
      expect(Math.abs((await loss(of(head, how))) - expected[at]!)).toBeLessThan(LIMIT);
  });

  it.each(ALL)('%s: gives the losses of the float64 reference for every head', async (how) => {
    const row: string[] = [];
    for (const head of ['L0H0', 'L0H1', 'L1H0', 'L1H1']) {
      const actual = await loss(of(head, how));
      expect(Math.abs(actual - (await referenceLoss(of(head, how))))).toBeLessThan(LIMIT);
      row.push(actual.toFixed(4));
    }
    losses.set(how.split('<')[0]!, row);
  });

  it.each(REMOVALS)('%s of the head before it takes the induction head’s effect, and nothing else', async (how) => {
    const removed = of('L0H0', how);
    // The model no longer predicts, ...
    expect(await loss([])).toBeCloseTo(0.000499, 5);
    expect(await loss(removed)).toBeGreaterThan(2.4);
    // ... because the induction head no longer finds what it looks for, ...
    expect((await scores([], 'induction'))[2]).toBeCloseTo(1, 5);
    expect((await scores(removed, 'induction'))[2]).toBeLessThan(0.2);
    // ... while the heads beside both do what they did.
    expect((await scores(removed, 'duplicate'))[3]).toBeCloseTo((await scores([], 'duplicate'))[3]!, 6);
    expect((await scores(removed, 'sink-importance'))[1]).toBeCloseTo(1, 6);
    const hooks = ['attn.hook_z', 'attn.hook_q', 'hook_resid_pre'];
    const [before, after] = [await engine.run(REPEAT), await engine.run(REPEAT, removed)];
    const [clean, changed] = [await engine.tensors(before.runId, hooks), await engine.tensors(after.runId, hooks)];
    await engine.release(after.runId);
    // Queries do not come from the slot that it writes, and in the residual no other slot is touched.
    expect(changed.get('blocks.1.attn.hook_q')).toEqual(clean.get('blocks.1.attn.hook_q'));
    const width = engine.info.dModel;
    const elsewhere = (values: Float32Array) =>
      values.filter((_, at) => at % width < BEFORE || at % width >= BEFORE + ORACLE.vocab);
    expect(elsewhere(changed.get('blocks.1.hook_resid_pre')!)).toEqual(
      elsewhere(clean.get('blocks.1.hook_resid_pre')!),
    );
    // Without the induction head there is nothing left for it to take away.
    const induction = of('L1H0', 'zero');
    expect(await loss([...removed, ...induction])).toBeCloseTo(await loss(induction), 5);
  });

  it.each(ALL)('%s of heads without values does nothing', async (how) => {
    const logitsOf = async (list: readonly Intervention[]) => {
      const { runId } = await engine.run(REPEAT, list);
      return (await engine.tensors(runId, ['logits'])).get('logits')!;
    };
    const clean = await logitsOf([]);
    for (const head of ['L0H1', 'L1H1']) expect(maxAbsError(await logitsOf(of(head, how)), clean)).toBe(0);
  });

  it('takes it from the residual too: the slot for the token before set to zero', async () => {
    const slot = Array.from({ length: ORACLE.vocab }, (_, token) => `L1=residual:zero:${BEFORE + token}`).join(',');
    expect(await loss(parseInterventions(slot))).toBeCloseTo(10.0005, 3);
  });

  it.each(HARMLESS)('%s of the head before it takes nothing', async (how) => {
    expect(await loss(of('L0H0', how))).toBeCloseTo(0.000499, 5);
  });

  it('has a frozen pattern whatever else is done to it, and other values with it', async () => {
    // A mask that hides what the head looks at is undone by freezing its pattern, ...
    expect(await loss(parseInterventions('L0H0=window:1,L0H0=freeze'))).toBeCloseTo(0.000499, 5);
    // ... other values are not, ...
    expect(await loss(parseInterventions(`L0H0=patch:v:start<-${OTHER},L0H0=freeze`))).toBeGreaterThan(9);
    // ... and the induction head keeps its job without the head before it.
    expect(await loss(parseInterventions('L0H0=zero,L1H0=freeze'))).toBeCloseTo(0.000499, 5);
  });

  it('recovers by the values of a clean run what was lost, through the keys of the induction head and nothing else', async () => {
    const clean = Array.from(REPEAT).join(' ');
    // The output of the head that was removed is enough, and that of the induction head; no other's.
    const broken = 'L0H0=zero';
    const recovered = (head: string) => loss(parseInterventions(`${broken},${head}=patch:z<-${clean}`));
    expect(await recovered('L0H0')).toBeCloseTo(0.000499, 5);
    expect(await recovered('L1H0')).toBeCloseTo(0.000499, 5);
    expect(await recovered('L0H1')).toBeGreaterThan(9);
    expect(await recovered('L1H1')).toBeGreaterThan(9);
    const keys = await loss(parseInterventions(`${broken},L1H0=patch:k<-${clean}`));
    expect(keys).toBeCloseTo(0.000499, 5);
    for (const what of ['q', 'v']) {
      expect(await loss(parseInterventions(`${broken},L1H0=patch:${what}<-${clean}`))).toBeGreaterThan(9);
    }
  });
});
