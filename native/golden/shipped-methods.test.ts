/** Every sparse method on the shipped model at its longest context, with the defaults that are scaled to it. */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallContext } from '../../shared/contract/handlers.ts';
import { parseParams } from '../../shared/contract/parse-params.ts';
import { DENSE_FROM } from '../../shared/model/method-result.ts';
import { methods } from '../methods/index.ts';
import { createEngine, type Engine } from '../public/index.ts';
import { ADDON } from '../testing/open-forward.ts';

const folder = `${import.meta.dirname}/../../resources/model`;
const context: CallContext = { signal: new AbortController().signal, progress: () => undefined };
/** What reads every key by its nature: dense attention, and fewer bits. */
const READ_ALL = ['dense', 'kivi', 'zipcache'];
let engine: Engine;
let runId: string;
let tokens: number;

beforeAll(async () => {
  engine = createEngine({ shippedModel: folder, tasks: `${folder}/../tasks`, addon: ADDON });
  const { context: longest } = await engine.handlers['model.open']({ path: 'demo' }, context);
  const text = await readFile(`${folder}/../tasks/haystack.txt`, 'utf8');
  const prompt = { kind: 'text' as const, text, bos: true };
  const summary = await engine.handlers['run.start']({ prompt, interventions: [], cut: true }, context);
  ({ runId } = summary);
  tokens = summary.ids.length;
  expect(tokens).toBe(longest);
});
afterAll(() => engine.dispose());

describe.each(methods.map((method) => [method.info.id, method.info] as const))('%s by its defaults', (id, info) => {
  it('is not dense, and has the mass that goes with what it reads', async () => {
    const params = parseParams('method.run', { runId, method: id, promptLength: Math.floor(0.75 * tokens) });
    const [result] = (await engine.handlers['method.run'](params, context)).results;
    const { density, denseHere, recall, ratio, oracle } = result!;
    if (READ_ALL.includes(id)) expect(density.selected).toBe(1);
    else expect(density.selected).toBeLessThan(DENSE_FROM);
    expect(denseHere).toBe(id === 'dense');
    expect(recall).toBeGreaterThan(0.05);
    expect(recall).toBeLessThanOrEqual(1);
    expect(oracle.gap).toBeGreaterThan(-1e-5);
    // What is evicted, and what is kept in fewer bits, takes less memory than dense attention does.
    if (info.evicts || info.classes.includes('modifying')) expect(ratio).toBeLessThan(1);
  });
});
