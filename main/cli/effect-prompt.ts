/** The prompt whose predictions a command changes: one that is given, or one sample of a task. */
import { AppError } from '../../shared/base/app-error.ts';
import type { Prompt } from '../../shared/contract/methods.ts';
import type { ModelInfo } from '../../shared/model/model-info.ts';
import { readParameters } from './commands/task.ts';
import { readPrompt, type PromptSource } from './prompt-source.ts';
import type { EngineSession } from './with-engine.ts';

export interface EffectPromptOptions extends PromptSource {
  readonly task?: string;
  readonly param?: readonly string[];
  readonly seed?: number;
}

/** Of a task: the prompt with its answer. Throws `bad-request` for both kinds of prompt, or neither. */
export async function readEffectPrompt(
  { engine, context }: EngineSession,
  info: ModelInfo,
  options: EffectPromptOptions,
): Promise<Prompt> {
  const { task, param, seed } = options;
  if (task === undefined) {
    if (param !== undefined && param.length > 0) {
      throw new AppError('bad-request', '--param is of a task, and none was given.', { hint: 'Add --task needle.' });
    }
    return readPrompt(options, info.bosByDefault);
  }
  if ([options.text, options.file, options.ids].some((given) => given !== undefined)) {
    throw new AppError('bad-request', 'Both a prompt and a task were given.', { hint: 'Give one of them.' });
  }
  const sample = await engine.handlers['task.sample'](
    { task, parameters: readParameters(param ?? []), seed: seed ?? 0 },
    context,
  );
  return { kind: 'ids', ids: Int32Array.from([...sample.ids, ...sample.answer]) };
}
