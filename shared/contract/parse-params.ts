import type { z } from 'zod';
import { AppError } from '../base/app-error.ts';
import { methods, type MethodName, type ParsedParamsOf } from './methods.ts';

/** Parameters as a handler takes them: checked, defaults filled in. Throws `bad-request` with the first misfit. */
export function parseParams<M extends MethodName>(method: M, params: unknown): ParsedParamsOf<M> {
  const schema: z.ZodType = methods[method].params;
  const parsed = schema.safeParse(params);
  if (parsed.success) return parsed.data as ParsedParamsOf<M>;
  const issue = parsed.error.issues[0];
  const field = issue && issue.path.length > 0 ? issue.path.join('.') : 'parameters';
  throw new AppError('bad-request', `${method}: ${field} does not fit: ${issue?.message ?? 'invalid'}.`, {
    details: { field },
  });
}
