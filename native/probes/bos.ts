/** Whether BOS stands in front: part of every score's identity, so every probe set says it and can be told. */
import { AppError } from '../../shared/base/app-error.ts';
import type { TaskParameter } from '../../shared/model/task.ts';
import type { TaskContext, TaskParameters } from '../tasks/task.ts';
import type { Probe } from './probe.ts';

export const BOS_PARAMETER: TaskParameter = {
  id: 'bos',
  name: 'BOS',
  meaning: 'BOS in front: 1 yes, 0 no, -1 as the model’s own tokenizer has it.',
  default: -1,
  min: -1,
  max: 1,
  integer: true,
};

/** The same with -1 resolved to what the model does. Throws `bad-request` for BOS of a model that has none. */
export function resolveBos({ model }: TaskContext, parameters: TaskParameters): TaskParameters {
  const { bos, bosByDefault } = model.info;
  const asked = parameters[BOS_PARAMETER.id] ?? BOS_PARAMETER.default;
  if (asked === 1 && bos === null) {
    throw new AppError('bad-request', 'This model has no BOS token.', { hint: 'Give bos 0 or leave it out.' });
  }
  return { ...parameters, bos: asked === -1 ? Number(bosByDefault && bos !== null) : asked };
}

/** A context whose samples begin with BOS as the parameters say. */
export function withBosPolicy(context: TaskContext, parameters: TaskParameters): TaskContext {
  const bosByDefault = resolveBos(context, parameters)['bos'] === 1;
  return { ...context, model: { ...context.model, info: { ...context.model.info, bosByDefault } } };
}

/** The same prompts with the parameter `bos`. */
export function withBos(probe: Probe): Probe {
  return {
    ...probe,
    info: { ...probe.info, parameters: [...probe.info.parameters, BOS_PARAMETER] },
    make: (context, parameters, prng) => probe.make(withBosPolicy(context, parameters), parameters, prng),
  };
}
