/** Runs of the shipped model through the bytes of a session file: the same pictures and numbers, without the model. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExamplePrompt, RunSummary } from '../../shared/contract/methods.ts';
import { zeroHead, type Intervention } from '../../shared/model/intervention.ts';
import type { ModelInfo } from '../../shared/model/model-info.ts';
import { loadAddon } from '../attention/load-addon.ts';
import { createEngine, type Engine } from '../public/index.ts';
import { decodeStoredRun, encodeStoredRun } from '../public/session.ts';
import { allHeads, quiet, runAnswers } from '../testing/run-answers.ts';

const resources = `${import.meta.dirname}/../../resources`;
const addonPath = `${import.meta.dirname}/../../out/addon/attention.node`;
const kernels = loadAddon(addonPath).addon === null ? ['graph'] : ['graph', 'addon'];
const nothing = { heads: [], tokenRows: [], maps: [], differences: [], clean: null };
const ablated = zeroHead({ layer: 0, head: 1 });

describe.each(kernels)('a run of the shipped model, by the %s', (kernel) => {
  let folder: string;
  let live: Engine;
  let offline: Engine;
  let info: ModelInfo;
  let text: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'headscope-stored-'));
    const options = { shippedModel: `${resources}/model`, tasks: '', addon: kernel === 'addon' ? addonPath : '' };
    live = createEngine(options);
    offline = createEngine({ ...options, shippedModel: '' });
    info = await live.handlers['model.open']({ path: 'demo' }, quiet);
    const examples = JSON.parse(await readFile(`${resources}/model/examples.json`, 'utf8')) as ExamplePrompt[];
    text = examples.map((example) => example.text).join('\n');
  });
  afterAll(async () => {
    await live.dispose();
    await offline.dispose();
    await rm(folder, { recursive: true });
  });

  const run = (interventions: Intervention[]): Promise<RunSummary> =>
    live.handlers['run.start']({ prompt: { kind: 'text', text, bos: true }, interventions, cut: true }, quiet);

  it('answers everything bit for bit from its tensors, and its comparison from the file', async () => {
    const clean = await run([]);
    const changed = await run([ablated]);
    expect(clean.ids.length).toBeGreaterThan(256);
    for (const [{ runId }, cleanId] of [
      [clean, null],
      [changed, clean.runId],
    ] as const) {
      const choice = {
        runId,
        heads: [{ layer: 1, head: 1 }],
        tokenRows: [],
        maps: [],
        differences: [],
        clean: cleanId,
      };
      const stored = await live.handlers['run.store'](choice, quiet);
      const file = path.join(folder, `${runId}.safetensors`);
      const { bytes } = await live.handlers['run.writeTensors']({ runId, path: file }, quiet);
      const reread = decodeStoredRun(encodeStoredRun(stored));
      const tensors = { path: file, offset: 0, bytes };
      await offline.handlers['run.attach']({ runId, run: reread, tensors }, quiet);
    }
    const heads = [ablated.where, allHeads(info).at(-1)!];
    const minus = { runId: clean.runId, ...ablated.where };
    expect(await runAnswers(offline, changed, heads, minus)).toEqual(await runAnswers(live, changed, heads, minus));
    const compared = { clean: clean.runId, changed: changed.runId };
    expect(await offline.handlers['run.compare'](compared, quiet)).toEqual(
      await live.handlers['run.compare'](compared, quiet),
    );
    // Logits of what is likely in either run: its own as they were, the others by their probability.
    for (const [own, other] of [
      [changed, clean],
      [clean, clean],
    ] as const) {
      const position = own.ids.length - 1;
      const logits = (engine: Engine, tokens: number[]) =>
        engine.handlers['run.logits']({ runId: own.runId, position, tokens }, quiet);
      const likely = own.next.map(({ id }) => id);
      expect(await logits(offline, likely)).toEqual(await logits(live, likely));
      const others = other.next.map(({ id }) => id);
      const [stored, computed] = [await logits(offline, others), await logits(live, others)];
      stored.logits.forEach((logit, at) => expect(logit).toBeCloseTo(computed.logits[at]!, 4));
      stored.probabilities.forEach((prob, at) => expect(prob).toBeCloseTo(computed.probabilities[at]!, 12));
    }
    const elsewhere = { runId: clean.runId, position: 0, tokens: [1] };
    await expect(offline.handlers['run.logits'](elsewhere, quiet)).rejects.toThrow('does not hold');
  });

  it('is stored while another one is computed, without waiting for it', async () => {
    const { runId } = await run([]);
    const log: string[] = [];
    const ids = Int32Array.from({ length: info.context }, (_, i) => (i * 31) % info.vocabSize);
    const batch = live.handlers['run.start']({ prompt: { kind: 'ids', ids }, interventions: [], cut: false }, quiet);
    const done = batch.then(() => log.push('computed'));
    const map = { layer: 0, head: 0, value: 'probability', reducer: 'max' } as const;
    await live.handlers['run.store']({ ...nothing, runId, heads: allHeads(info), maps: [map] }, quiet);
    log.push('stored');
    await done;
    expect(log).toEqual(['stored', 'computed']);
  });
});
