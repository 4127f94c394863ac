/** `npm run examples`: the shipped examples as stored sessions, so that they open without a run. */
import { mkdir, rm } from 'node:fs/promises';
import type { Handlers } from '../../../shared/contract/handlers.ts';
import { parseParams } from '../../../shared/contract/parse-params.ts';
import { formatHead } from '../../../shared/model/head-id.ts';
import { findApp } from '../../files/app-paths.ts';
import { exampleSession, readExamples } from '../../models/read-examples.ts';
import type { Console } from '../console.ts';
import { sessionSlices } from '../session-slices.ts';
import { standoutHeads } from '../standout-heads.ts';
import { formatTable } from '../table.ts';
import { withEngine, type EngineSession } from '../with-engine.ts';
import { writeSession } from '../write-session.ts';

/** Sessions of the same model are the same files whenever they are made. */
const MADE_AT = new Date('2026-01-01T00:00:00.000Z');

export interface WrittenExample {
  readonly id: string;
  readonly bytes: number;
  readonly tokens: number;
  readonly heads: readonly string[];
}

/** Replaces all that lies in `folder`. */
export async function runExamples(console: Console, folder: string = findApp().sessions): Promise<void> {
  const examples = await withEngine(console, {}, (session) => writeExamples(folder, session));
  console.result({ folder, examples }, () => formatExamples(examples));
}

async function writeExamples(folder: string, { engine, context }: EngineSession): Promise<WrittenExample[]> {
  const { handlers } = engine;
  const app = findApp();
  const model = await handlers['model.open']({ path: 'demo' }, context);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const written: WrittenExample[] = [];
  for (const { id, text } of await readExamples(app)) {
    const prompt = { kind: 'text', text, bos: model.bosByDefault } as const;
    const clean = await handlers['run.start'](parseParams('run.start', { prompt, interventions: [] }), context);
    const { scores } = await handlers['run.scores']({ runId: clean.runId }, context);
    const heads = standoutHeads(scores, model);
    const state = sessionSlices({ prompt, cut: false, interventions: [], head: null });
    const { bytes } = await writeSession(
      exampleSession(folder, id),
      { model, clean, changed: null, state, heads, tensors: false },
      {
        engine: { ...handlers, 'run.store': withoutTime(handlers['run.store']) },
        context,
        appVersion: app.version,
        now: () => MADE_AT,
      },
    );
    written.push({ id, bytes, tokens: clean.ids.length, heads: heads.map(formatHead) });
  }
  return written;
}

type Store = Handlers<'run.store'>['run.store'];

/** Leaves out how long the run took on this machine. */
function withoutTime(store: Store): Store {
  return async (choice, context) => {
    const run = await store(choice, context);
    return { ...run, summary: { ...run.summary, milliseconds: 0 } };
  };
}

function formatExamples(examples: readonly WrittenExample[]): string {
  const rows = examples.map(({ id, tokens, bytes, heads }) => [
    id,
    String(tokens),
    bytes.toLocaleString('en-US'),
    heads.join(' '),
  ]);
  return formatTable(['Example', 'Tokens', 'Bytes', 'Heads'], rows, [1, 2]);
}
