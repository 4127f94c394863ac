import type { CallContext, Handlers } from '../../shared/contract/handlers.ts';
import type { EngineMethodName, MethodName, ParsedParamsOf, ResultOf } from '../../shared/contract/methods.ts';
import { parseParams } from '../../shared/contract/parse-params.ts';
import type { Ask } from '../../shared/figure/source.ts';

/** Questions of a figure, put to an engine; they end with the figure, and their progress is not its progress. */
export function askOf(handlers: Handlers<EngineMethodName>, { signal }: Pick<CallContext, 'signal'>): Ask {
  return <M extends MethodName>(method: M, params: unknown): Promise<ResultOf<M>> => {
    const handler = (handlers as unknown as Record<string, unknown>)[method] as
      ((params: ParsedParamsOf<M>, context: CallContext) => Promise<ResultOf<M>>) | undefined;
    if (!handler) throw new Error(`A figure asks the engine only, not for ${method}.`);
    return handler(parseParams(method, params), { signal, progress: () => undefined });
  };
}
