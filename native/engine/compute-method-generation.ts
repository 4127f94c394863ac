/** Tokens generated under a method, and what was read for each of them. */
import { AppError } from '../../shared/base/app-error.ts';
import type { ParsedParamsOf } from '../../shared/contract/methods.ts';
import type { MethodGeneration } from '../../shared/model/method-views.ts';
import { breather } from '../forward/breathe.ts';
import type { Job } from '../forward/checkpoint.ts';
import { generate } from '../generation/generate.ts';
import { createMethodDecoder, type MethodDecoder } from '../methods/method-decoder.ts';
import { contextOf, isChanging } from '../methods/select-layer.ts';
import { TraceBuilder, type TraceStore } from '../methods/trace-store.ts';
import { GrowingReads } from '../methods/traces/growing-reads.ts';
import type { Opened } from './opened.ts';
import { methodOfModel } from './method-gates.ts';
import { ownStates } from './own-states.ts';
import { checkedPrompt } from './prompt.ts';

/**
 * Throws as `run.start` does for a prompt that cannot be run, `bad-request` for a method that begins after the prompt, for
 * what it does not take, and where `createMethodDecoder` does.
 */
export async function generateUnder(
  opened: Opened,
  traces: TraceStore,
  { prompt, method: id, parameters, budget, promptLength, maxTokens, stopAtEnd }: ParsedParamsOf<'method.generate'>,
  job: Job,
): Promise<MethodGeneration> {
  const method = await methodOfModel(opened, id, job);
  const { model, sessions, kernel } = opened;
  const { architecture, tokenizer, endIds, info } = model;
  const { ids, tokens } = checkedPrompt(model, prompt, false);
  if (promptLength > ids.length) {
    throw new AppError('bad-request', `The prompt has ${ids.length} tokens, not ${promptLength}.`, {
      hint: `Let the method begin after at most ${ids.length}.`,
    });
  }
  const breathe = breather(job);
  const { layers } = architecture;
  const context = contextOf(method, { layers, promptLength, parameters, budget, breathe });
  const capacity = Math.min(info.context, ids.length + maxTokens);
  const reads = new GrowingReads(architecture);
  const decoder = createMethodDecoder(
    { architecture, sessions, kernel },
    {
      ...{ method, context, capacity },
      onRows: ({ layer, eachBlock }) =>
        eachBlock((_first, own) => {
          reads.add(layer, own);
          return Promise.resolve();
        }),
    },
  );
  const generation = await generate(
    decoder,
    tokenizer,
    {
      ...{ ids, maxTokens, context: info.context },
      sampling: { kind: 'greedy' },
      endIds: stopAtEnd ? endIds : [],
      stopTexts: [],
    },
    job,
  );
  const ofPrompt = !method.info.phases.includes('decode');
  const trace = await traceOf(
    decoder,
    reads,
    {
      tokens: decoder.length,
      firstRow: ofPrompt ? 0 : promptLength,
      windows: architecture.slidingWindow,
      changes: isChanging(method, context),
      propagated: true,
    },
    ownStates(architecture, capacity),
    breathe,
  );
  const added = generation.tokens.map((token) => ({
    id: token.id,
    ...tokenizer.describe(token.id),
    start: -1,
    end: -1,
  }));
  return {
    ...generation,
    method: id,
    resolved: context.resolved,
    params: context.resolved.parameters,
    promptLength,
    views: [...tokens, ...added],
    ids: Int32Array.from([...ids, ...generation.tokens.map((token) => token.id)]),
    trace: trace && traces.add(trace),
    notes: [
      ...(method.given ?? []),
      ...(ofPrompt ? ['The rows of the prompt are masked; later ones attend to all that comes of it.'] : []),
      ...(!ofPrompt && promptLength === ids.length
        ? ['The first token follows from the last row of the prompt, which is dense.']
        : []),
      ...(trace === null && reads.rows > 0 ? ['What was read is too much to be kept.'] : []),
    ],
  };
}

async function traceOf(
  decoder: MethodDecoder,
  reads: GrowingReads,
  about: ConstructorParameters<typeof TraceBuilder>[0],
  states: ReturnType<typeof ownStates>,
  breathe: () => Promise<void>,
) {
  if (reads.rows === 0 || !reads.areKept) return null;
  const builder = new TraceBuilder(about);
  for (const { layer, reads: own } of reads.blocks()) await builder.add(layer, own, breathe);
  return states(builder, decoder);
}
