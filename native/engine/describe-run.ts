/** Descriptors of the heads of a run: what its maps look like, and scores that one pass over it tells. */
import { AppError } from '../../shared/base/app-error.ts';
import type { HeadDescriptors } from '../../shared/model/descriptors.ts';
import type { TokenView } from '../../shared/model/token-view.ts';
import { describeHeads } from '../descriptors/describe-heads.ts';
import { mapFeatures } from '../descriptors/map-features.ts';
import { breather } from '../forward/breathe.ts';
import type { Job } from '../forward/checkpoint.ts';
import { computeScores } from './compute-scores.ts';
import type { Opened } from './opened.ts';
import type { Run } from './run-store.ts';

/** Some apply only where the prompt repeats something; those that do not are left out, and named. */
const SCORES = [
  'participation',
  'gini',
  'tl-duplicate',
  'echo',
  'duplicate',
  'induction',
  'value-drain',
  'output-norm',
  'streaming',
];

/** Throws `bad-request` for a prompt of one token, `CancelledError`. */
export async function describeRun(opened: Opened, run: Run, job: Job): Promise<HeadDescriptors> {
  const { memo, capture, tokens } = run;
  if (memo.descriptors !== undefined) return memo.descriptors;
  if (capture.tokens < 2) {
    throw new AppError('bad-request', 'The prompt has one token, which every head attends to alike.', {
      hint: 'Run a longer prompt: heads differ in which earlier tokens they attend to.',
    });
  }
  const { reader, model } = opened;
  const { layers, heads } = model.architecture;
  const tables = await computeScores(opened, run, { scores: SCORES }, job);
  const breathe = breather(job);
  const source = {
    capture,
    architecture: model.architecture,
    probability: (layer: number, head: number, query: number, key: number) =>
      reader.probability(capture, layer, head, query, key),
    delimiters: Uint8Array.from(tokens, (token) => Number(isDelimiter(token))),
  };
  const features = await mapFeatures(source, breathe);
  for (const { info, values } of tables) {
    features.push({ name: info.name, values: values ?? new Float64Array(layers * heads).fill(NaN) });
  }
  return (memo.descriptors = await describeHeads(features, layers * heads, breathe));
}

/** Punctuation, line ends and special tokens. */
function isDelimiter({ text, special }: TokenView): boolean {
  return special || /^[\p{P}\s]*[\p{P}\n\r][\p{P}\s]*$/u.test(text);
}
