/** The registry of model families. Adding one touches its file and this list. */
import { AppError } from '../../shared/base/app-error.ts';
import type { JsonObject } from './config-reader.ts';
import type { Family } from './family.ts';
import { gpt2 } from './gpt2.ts';
import { llama } from './llama.ts';
import { mistral } from './mistral.ts';
import { qwen2 } from './qwen2.ts';
import { qwen3 } from './qwen3.ts';

export const families: readonly Family[] = [llama, qwen2, qwen3, mistral, gpt2];

/** Finds the family by `model_type`, or by the first architecture where that is absent. `known`: which there are. */
export function findFamily(
  config: JsonObject,
  known: readonly Family[] = families,
): { readonly family: Family; readonly architecture: string } {
  const modelType = config['model_type'];
  const list: unknown = config['architectures'];
  const architecture: unknown = Array.isArray(list) ? list[0] : undefined;
  const family = known.find((candidate) =>
    typeof modelType === 'string'
      ? candidate.modelTypes.includes(modelType)
      : typeof architecture === 'string' && candidate.architectures.includes(architecture),
  );
  const mismatch = typeof architecture === 'string' && family && !family.architectures.includes(architecture);
  if (family === undefined || mismatch === true) {
    const found = [modelType, architecture].filter((item) => typeof item === 'string').join(' / ');
    throw new AppError(
      'unsupported-architecture',
      found === ''
        ? 'config.json names neither a model_type nor an architecture.'
        : `The architecture “${found}” is not supported.`,
      { hint: `Supported are ${known.map(({ architectures }) => architectures.join(', ')).join(', ')}.` },
    );
  }
  return { family, architecture: typeof architecture === 'string' ? architecture : family.architectures[0]! };
}
