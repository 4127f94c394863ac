/** What cannot be done is refused with a code, a sentence and what to do; and what can be done at an edge is done. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../../shared/base/app-error.ts';
import type { Intervention } from '../../shared/model/intervention.ts';
import { parseInterventions } from '../../shared/model/intervention-text.ts';
import { maxAbsError } from '../testing/compare.ts';
import { createRng, randomIds } from '../testing/rng.ts';
import { writeTinyModel } from '../testing/tiny-model.ts';
import { EngineUnderTest } from './engine-tensors.ts';

const CONTEXT_LENGTH = 64;
const VOCAB = 61;
const ids = randomIds(createRng(2), 12, VOCAB);
const tokens = (count: number) => Array.from({ length: count }, (_, i) => i % VOCAB).join(' ');

let folder: string;
const engine = new EngineUnderTest({ tasks: `${import.meta.dirname}/../../resources/tasks` });
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headscope-refusals-'));
  await writeTinyModel(folder, { family: 'llama', heads: 4, kvHeads: 2, context: CONTEXT_LENGTH, vocab: VOCAB });
  await engine.open(folder);
});
afterAll(async () => {
  await engine.dispose();
  await rm(folder, { recursive: true, force: true });
});

async function refusal(list: readonly Intervention[], prompt = ids): Promise<AppError> {
  const error: unknown = await engine.run(prompt, list).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof AppError)) throw new Error('Not refused as it should be.', { cause: error });
  // A sentence with what was found, and one with what to do.
  expect(error.message).toMatch(/^\S.*\.$/s);
  expect(error.hint).toMatch(/^\S.*\.$/s);
  return error;
}

describe('interventions that cannot be done', () => {
  it.each([
    ['a layer that is not there', 'L2H0=zero', 'bad-request', /L2H0/],
    ['a head that is not there', 'L1H4=uniform', 'bad-request', /L1H4/],
    ['a KV group that is not there', 'L1KV2=zero', 'bad-request', /L1KV2/],
    ['a whole layer that is not there', 'L2=residual', 'bad-request', /L2/],
    ['a source of token ids that the model does not have', 'L0H0=patch<-1 2 99', 'bad-request', /99/],
    ['a source that is longer than the context', `L0H0=patch<-${tokens(65)}`, 'bad-request', /65/],
    ['a source for a mean that is longer than the context', `L0H0=mean<-1 2;${tokens(70)}`, 'bad-request', /70/],
    ['a mean by position over a shorter prompt', 'L0H0=mean:position<-1 2 3 4', 'bad-request', /\b4\b/],
    ['a patch without a source', 'L0H0=patch', 'bad-request', /patch/i],
    ['a patch from two prompts', 'L0H0=patch<-1 2;3 4', 'bad-request', /patch/i],
    ['a source where none is read', 'L0H0=uniform<-1 2', 'bad-request', /uniform/i],
    ['a task that is not there', 'L0H0=mean<-nothing*2', 'bad-request', /nothing/],
    ['keys where none are named', 'L0H0=uniform#0:2', 'bad-request', /uniform/i],
    ['temperature after a sigmoid', 'L0H0=sigmoid,L0=temperature:2', 'bad-request', /sigmoid|temperature/i],
    ['calibration after a sigmoid', 'L0=sigmoid,L0H0=calibrate', 'bad-request', /sigmoid|calibrat/i],
    ['token classes without a tokenizer', 'L0H0=mean:class', 'no-tokenizer', /token/i],
    ['a dimension that is not there', 'L1=residual:zero:32', 'bad-request', /32/],
  ] as const)('%s', async (_, text, code, message) => {
    const error = await refusal(parseInterventions(text));
    expect(error.code).toBe(code);
    expect(`${error.message} ${error.hint}`).toMatch(message);
  });

  it.each<readonly [string, Intervention]>([
    ['a kind at a place where it does not stand', { what: 'residual', where: { layer: 0, head: 1 } }],
    ['a parameter that is not there', { what: 'zero', where: { layer: 0, head: 1 }, parameters: { factor: 2 } }],
    ['a parameter out of range', { what: 'window', where: { layer: 0, head: 1 }, parameters: { window: 0 } }],
    ['a parameter between whole numbers', { what: 'window', where: { layer: 0 }, parameters: { window: 2.5 } }],
    ['a parameter of the wrong type', { what: 'scale', where: { layer: 0 }, parameters: { factor: 'two' } }],
    ['a choice that is not there', { what: 'mean', where: { layer: 0 }, parameters: { by: 'colour' } }],
    ['no number', { what: 'temperature', where: { layer: 0 }, parameters: { temperature: NaN } }],
  ])('%s', async (_, entry) => {
    expect((await refusal([entry])).code).toBe('bad-request');
  });

  it('also where the list without that was run before', async () => {
    const where = { layer: 0, head: 1 };
    await engine.run(ids, [{ what: 'zero', where }]);
    expect((await refusal([{ what: 'zero', where, parameters: { factor: 2 } }])).code).toBe('bad-request');
  });

  it.each(['L0=scale:1e38,L0=scale:1e38', 'L1H0=scale:-1e38,L1H0=scale:1e38', 'L0=scale:1e30,L1=scale:1e30'])(
    'what leaves float32: %s',
    async (text) => {
      const error = await refusal(parseInterventions(text));
      expect(error.code).toBe('not-finite');
    },
  );

  it('does not refuse what is off', async () => {
    const off = { ...parseInterventions('L9H9=zero')[0]!, off: true as const };
    const { runId } = await engine.run(ids, [off]);
    expect(runId).toBe((await engine.run(ids)).runId);
  });

  it('goes on after a refusal with the numbers of before', async () => {
    const logits = async (runId: string) => (await engine.tensors(runId, ['logits'])).get('logits')!;
    const clean = (await logits((await engine.run(ids)).runId)).slice();
    await refusal(parseInterventions('L0=scale:1e38,L0=scale:1e38'));
    await refusal(parseInterventions(`L0H0=patch<-${tokens(65)}`));
    expect(await logits((await engine.run(ids)).runId)).toEqual(clean);
  });
});

describe('interventions at an edge', () => {
  const finite = async (text: string, prompt = ids) => {
    const { runId } = await engine.run(prompt, parseInterventions(text));
    const tensors = await engine.tensors(runId, ['attn.hook_z', 'hook_resid_post', 'logits']);
    await engine.release(runId);
    for (const [name, values] of tensors) expect(values.every(Number.isFinite), name).toBe(true);
    return tensors;
  };

  it('gives zeros for a head that sees nothing', async () => {
    const tensors = await finite('L1H2=drop-keys');
    const zero = await finite('L1H2=zero');
    expect(maxAbsError(tensors.get('logits')!, zero.get('logits')!)).toBe(0);
    const { headDim, heads } = engine.info;
    const z = tensors.get('blocks.1.attn.hook_z')!;
    expect(z.filter((_, at) => Math.floor(at / headDim) % heads === 2).every((value) => value === 0)).toBe(true);
  });

  it('runs every kind on a single token', async () => {
    const one = ids.subarray(0, 1);
    for (const how of [
      ...['zero', 'scale:2', 'mean', 'uniform', 'streaming:1:1', 'window:1', 'drop-keys', 'zero-values', 'freeze'],
      ...[
        'temperature:0.001',
        'sigmoid:log-visible',
        'calibrate:0:0',
        `patch<-${ids[1]!}`,
        `mean:position<-${ids[1]!}`,
      ],
    ]) {
      await finite(`L1=${how}`, one);
    }
    await finite('L1=residual:mean:-1:0:0', one);
  });

  it('keeps rows whose weight is all on sinks', async () => {
    const clean = await finite('');
    const calibrated = await finite('L1=calibrate:0#0:12');
    expect(maxAbsError(calibrated.get('logits')!, clean.get('logits')!)).toBeLessThan(1e-5);
  });

  it.each(['L0=zero@12', 'L0=uniform@40:50', 'L0=drop-keys#12:20', 'L0=zero-values#40', 'L0=calibrate:0#12:20'])(
    'does nothing at positions that the prompt does not have, which a longer one may: %s',
    async (text) => {
      const clean = await finite('');
      const changed = await finite(text);
      expect(maxAbsError(changed.get('logits')!, clean.get('logits')!)).toBeLessThan(1e-5);
    },
  );

  it('takes a prompt of the context’s whole length as a source', async () => {
    await finite(`L0H0=patch:k:end<-${tokens(CONTEXT_LENGTH)},L1=mean<-${tokens(CONTEXT_LENGTH)}`);
  });

  it('withstands the sharpest and the flattest temperature', async () => {
    await finite('L0=temperature:0.001');
    const flat = await finite('L0=temperature:1000');
    const uniform = await finite('L0=uniform');
    expect(maxAbsError(flat.get('logits')!, uniform.get('logits')!)).toBeLessThan(0.05);
  });
});
