/** What methods read, through a session file and a real engine: asked about again, it answers as before. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createEngine, type Engine } from '../../native/public/index.ts';
import type { CallContext } from '../../shared/contract/handlers.ts';
import { parseParams } from '../../shared/contract/parse-params.ts';
import { findApp } from '../files/app-paths.ts';
import { createAutosave } from '../files/session/autosave.ts';
import { createSessionDesk } from './session-desk.ts';
import { createTokenizerHashes } from './tokenizer-hashes.ts';

const context: CallContext = { signal: new AbortController().signal, progress: () => undefined };
const { shippedModel, tasks, addon } = findApp();
const TEXT = 'The copper lantern hung over the door of the harbour office, and nobody knew who lit it. Who lit the';
const PROMPT_LENGTH = 20;

let folder: string;
const engines: Engine[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headscope-'));
});
afterAll(async () => {
  for (const engine of engines) await engine.dispose();
  await rm(folder, { recursive: true });
});

/** A start of the program. */
function start() {
  const engine = createEngine({ shippedModel, tasks, addon, threads: 1 });
  engines.push(engine);
  const autosave = createAutosave(join(folder, `config-${engines.length}`));
  autosave.dispose();
  const desk = createSessionDesk({
    engine: engine.handlers,
    autosave,
    tokenizers: createTokenizerHashes(),
    appVersion: '1.0.0',
    now: () => new Date('2026-05-05T00:00:00.000Z'),
  });
  return { handlers: engine.handlers, desk };
}

it('reopens without the model, with its maps where the session holds the tensors of its run', async () => {
  const path = join(folder, 'lab.headscope');
  const first = start();
  await first.handlers['model.open']({ path: 'demo' }, context);
  const prompt = { kind: 'text', text: TEXT, bos: true } as const;
  const { runId, ids } = await first.handlers['run.start'](
    parseParams('run.start', { prompt, interventions: [] }),
    context,
  );
  const { results } = await first.handlers['method.run'](
    parseParams('method.run', { runId, method: 'snapkv', budgets: [{ keys: 8 }], promptLength: PROMPT_LENGTH }),
    context,
  );
  const trace = results[0]!.trace!;
  const query = ids.length - 1;
  const at = { layer: 1, head: 2 };
  const ask = async ({ handlers }: Pick<typeof first, 'handlers'>, of: string) => ({
    rows: await handlers['method.rows']({ trace: of, ...at }, context),
    kept: await handlers['method.kept']({ trace: of, ...at, query }, context),
  });
  const before = await ask(first, trace);
  const row = await first.handlers['method.row']({ trace, ...at, query }, context);
  const request = parseParams('session.save', {
    path,
    state: {},
    runs: [{ role: 'clean', choice: { runId, heads: [], tokenRows: [], maps: [], clean: null } }],
    traces: [
      { name: 'lab-0', trace, run: 'clean' },
      { name: 'decode-method', trace, run: null },
    ],
    sessionId: null,
    tensors: true,
  });
  const { warnings } = await first.desk.save({ ...request, replaceAnything: false }, context);
  expect(warnings).toEqual([]);

  const second = start();
  const opened = await second.desk.open(path, path, { abandon: false }, context);
  expect(opened.warnings).toEqual([]);
  const [own, alone] = opened.traces.map((one) => one.trace) as [string, string];
  for (const of of [own, alone]) expect(await ask(second, of)).toEqual(before);
  const again = await second.handlers['method.row']({ trace: own, ...at, query }, context);
  expect(again).toEqual(row);
  // Without the run there is nothing to compute probabilities from.
  await expect(second.handlers['method.row']({ trace: alone, ...at, query }, context)).rejects.toMatchObject({
    code: 'not-stored',
  });
});
