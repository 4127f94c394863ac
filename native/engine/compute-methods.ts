/** Sparse methods on a run of the open model. */
import { AppError } from '../../shared/base/app-error.ts';
import type { ParsedParamsOf } from '../../shared/contract/methods.ts';
import type { MethodResult } from '../../shared/model/method-result.ts';
import type { Job } from '../forward/checkpoint.ts';
import { findMethod } from '../methods/index.ts';
import { runMethod } from '../methods/run-method.ts';
import { TraceBuilder, type TraceStore } from '../methods/trace-store.ts';
import type { Opened } from './opened.ts';
import type { Run } from './run-store.ts';

/**
 * One result a budget; one alone of a method that takes none. Throws `bad-request` for a changed run, a prompt that leaves no query,
 * a method for the rows of the prompt alone, and what the method does not take; `needs-addon`.
 */
export async function computeMethod(
  { model, kernel, norms, circuits }: Opened,
  { capture, plan }: Run,
  traces: TraceStore,
  { method, parameters, budgets, promptLength }: Omit<ParsedParamsOf<'method.run'>, 'runId'>,
  job: Job,
): Promise<{ readonly results: readonly MethodResult[] }> {
  const found = findMethod(method);
  if (plan !== null) {
    throw new AppError('bad-request', 'Methods are compared with dense attention, and this run has interventions.', {
      hint: 'Use the clean run of the prompt.',
    });
  }
  if (!found.info.phases.includes('decode')) {
    throw new AppError('bad-request', `What the method ${method} does cannot be measured on the rows after a prompt.`, {
      hint: 'It applies to the rows of the prompt: `headscope methods select` writes its mask.',
    });
  }
  if (promptLength >= capture.tokens) {
    throw new AppError('bad-request', `No query is left after the first ${promptLength} of ${capture.tokens} tokens.`, {
      hint: `Let the method begin after at most ${capture.tokens - 1}.`,
    });
  }
  if (!kernel.gathersExtras) {
    throw new AppError('needs-addon', 'Lists of keys by row need the C++ attention addon, which was not built here.', {
      hint: 'Run `npm run build:addon` with a C++ compiler; on another device, use the CPU.',
    });
  }
  const { architecture } = model;
  const parts = {
    architecture,
    capture,
    kernel,
    norms,
    products: circuits.products,
    output: async (layer: number) => (await circuits.output(layer)).weight,
    dModel: architecture.dModel,
  };
  const each = budgets.length === 0 || found.info.budget === null ? [null] : budgets;
  const builders = each.map(() => new TraceBuilder());
  const results = await runMethod(
    parts,
    { method: found, parameters, budgets: each, promptLength },
    job,
    (budget, reads) => builders[budget]!.add(reads),
  );
  const { tokens } = capture;
  return {
    results: results.map((result, at) => {
      const built = builders[at]!.built;
      const trace = built && traces.add({ tokens, promptLength, layers: built.layers }, built.bytes);
      return { ...result, trace };
    }),
  };
}
