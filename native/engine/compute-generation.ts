/** Generations of the open model: `generate.start`, and the same with the attention rows of every step for export. */
import { AppError } from '../../shared/base/app-error.ts';
import type { ParsedParamsOf } from '../../shared/contract/methods.ts';
import type { Generation } from '../../shared/model/generation.ts';
import type { Job } from '../forward/checkpoint.ts';
import { createDecoder, type Decoder } from '../generation/decoder.ts';
import { generate } from '../generation/generate.ts';
import type { GeneratedRows } from '../public/engine.ts';
import { withGenerationEdits } from './generation-plan.ts';
import type { Opened } from './opened.ts';
import { checkedPrompt } from './prompt.ts';

export type GenerateParams = ParsedParamsOf<'generate.start'>;

/** Largest array of attention rows, as for exported maps. */
const MAX_ROW_BYTES = 2 ** 30;

/**
 * Throws as `run.start` does for a prompt that cannot be run, and for interventions that cannot be done. The final norm is
 * recomputed: generated tokens have no clean run to take a scale from.
 */
export function generateFrom(
  opened: Opened,
  params: GenerateParams,
  job: Job,
  onStep?: (decoder: Decoder, step: number, id: number) => void,
): Promise<Generation> {
  const { model, sessions, kernel } = opened;
  const { architecture, tokenizer, endIds, info } = model;
  const { ids } = checkedPrompt(model, params.prompt, params.cut);
  const { interventions } = params;
  const capacity = Math.min(info.context, ids.length + params.maxTokens);
  const request = {
    ids,
    maxTokens: params.maxTokens,
    sampling: params.sampling,
    endIds: params.stopAtEnd ? endIds : [],
    stopTexts: params.stopTexts,
    context: info.context,
    ...(onStep === undefined ? {} : { onStep }),
  };
  return withGenerationEdits(opened, { ids, interventions, capacity }, job, (edit) => {
    const options = { edit, gain: () => null, masks: () => null, capacity };
    return generate(createDecoder({ architecture, sessions, kernel }, options), tokenizer, request, job);
  });
}

/** Throws `too-large` where the rows would exceed 1 GiB. */
export async function generateWithRows(
  opened: Opened,
  params: GenerateParams,
  job: Job,
): Promise<{ readonly generation: Generation; readonly rows: GeneratedRows }> {
  const { layers, heads } = opened.model.architecture;
  const { ids } = checkedPrompt(opened.model, params.prompt, params.cut);
  const keys = Math.min(opened.model.info.context, ids.length + params.maxTokens);
  const stepCells = layers * heads * keys;
  const bytes = 4 * (keys - ids.length) * stepCells;
  if (bytes > MAX_ROW_BYTES) {
    throw new AppError('too-large', `The attention rows would take ${(bytes / 2 ** 30).toFixed(1)} GiB.`, {
      hint: 'Generate fewer tokens, or shorten the prompt.',
    });
  }
  const steps: Float32Array[] = [];
  const generation = await generateFrom(opened, params, job, (decoder) => {
    const step = new Float32Array(stepCells);
    for (let layer = 0; layer < layers; layer++) {
      const rows = decoder.attentionRows(layer);
      for (let head = 0; head < heads; head++) {
        step.set(rows.subarray(head * decoder.length, (head + 1) * decoder.length), (layer * heads + head) * keys);
      }
    }
    steps.push(step);
  });
  // The step that chose the end token is dropped with it, and the keys that were never reached.
  const count = generation.tokens.length;
  const width = ids.length + count;
  const pattern = new Float32Array(count * layers * heads * width);
  for (const [at, step] of steps.slice(0, count).entries()) {
    for (let row = 0; row < layers * heads; row++) {
      pattern.set(step.subarray(row * keys, row * keys + width), (at * layers * heads + row) * width);
    }
  }
  const generated = Int32Array.from(generation.tokens, ({ id }) => id);
  return { generation, rows: { ids: generated, pattern, shape: [count, layers, heads, width] } };
}
