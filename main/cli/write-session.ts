import { join } from 'node:path';
import { AppError } from '../../shared/base/app-error.ts';
import type { CallContext } from '../../shared/contract/handlers.ts';
import type { ResultOf } from '../../shared/contract/methods.ts';
import { parseParams } from '../../shared/contract/parse-params.ts';
import { formatHead, parseHead, sameHead, type HeadId } from '../../shared/model/head-id.ts';
import type { ModelInfo } from '../../shared/model/model-info.ts';
import type { RunSummary } from '../../shared/model/run.ts';
import type { SessionState } from '../../shared/session/session-state.ts';
import { createAutosave } from '../files/session/autosave.ts';
import { configFolder } from '../files/user-folders.ts';
import { createSessionDesk, type SessionEngine } from '../host/session-desk.ts';
import { createTokenizerHashes } from '../host/tokenizer-hashes.ts';

/** As the contract has it. */
const MOST_HEADS = 1024;

export interface WrittenRuns {
  readonly model: ModelInfo;
  readonly clean: RunSummary;
  readonly changed: RunSummary | null;
  readonly state: SessionState;
  /** Of which profiles, rows of the last token and maps are kept. */
  readonly heads: readonly HeadId[];
  readonly tensors: boolean;
}

/** What the window begins with. */
const SINK_THRESHOLD = 0.3;

export interface WriteTools {
  readonly engine: SessionEngine;
  readonly context: CallContext;
  readonly appVersion: string;
  readonly now: () => Date;
}

/** Runs as a session file, packed and saved as a host does it for its window. Throws as `session.save` does. */
export async function writeSession(
  path: string,
  { model, clean, changed, state, heads, tensors }: WrittenRuns,
  { engine, context, appVersion, now }: WriteTools,
): Promise<ResultOf<'session.save'>> {
  const autosave = createAutosave(join(configFolder(), 'autosave'));
  const tokenizers = createTokenizerHashes();
  tokenizers.note(model.modelId, model.path);
  const index = clean.ids.length - 1;
  const choose = ({ runId }: RunSummary, of: RunSummary | null) => ({
    runId,
    clean: of?.runId ?? null,
    heads,
    tokenRows: heads.map((head) => ({ ...head, index })),
    maps: heads.map((head) => ({ ...head, value: 'probability', reducer: 'max' })),
    sinkThreshold: SINK_THRESHOLD,
  });
  const request = parseParams('session.save', {
    path,
    state,
    runs: [
      { role: 'clean', choice: choose(clean, null) },
      ...(changed ? [{ role: 'changed', choice: choose(changed, clean) }] : []),
    ],
    tensors,
    replace: true,
  });
  try {
    const desk = createSessionDesk({ engine, autosave, tokenizers, appVersion, now });
    return await desk.save({ ...request, replaceAnything: false }, context);
  } finally {
    autosave.dispose();
  }
}

/** Heads that a session is to keep, `L0H1,L2H3` or `all`. Throws `bad-request`. */
export function parseHeads(text: string, model: Pick<ModelInfo, 'layers' | 'heads'>): HeadId[] {
  const { layers, heads } = model;
  const isAll = text.trim().toLowerCase() === 'all';
  const chosen = isAll
    ? Array.from({ length: layers * heads }, (_, index) => ({ layer: Math.floor(index / heads), head: index % heads }))
    : text.split(',').map((part) => parseOne(part, model));
  const once = chosen.filter((head, at) => isAll || chosen.findIndex((other) => sameHead(other, head)) === at);
  if (once.length <= MOST_HEADS) return once;
  throw new AppError('bad-request', `A session keeps at most ${MOST_HEADS} heads, not ${once.length}.`, {
    hint: 'Name some, or add --include-tensors, which keeps the maps of all heads.',
  });
}

function parseOne(text: string, { layers, heads }: Pick<ModelInfo, 'layers' | 'heads'>): HeadId {
  const head = parseHead(text);
  if (head && head.layer < layers && head.head < heads) return head;
  throw new AppError('bad-request', `“${text.trim()}” is no head of this model.`, {
    hint: `Write L0H0 to ${formatHead({ layer: layers - 1, head: heads - 1 })}, separated by commas, or all.`,
  });
}
