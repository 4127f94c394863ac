import type { z } from 'zod';

declare const resultType: unique symbol;

/** A method of the contract: a parameter schema that is checked where it is served, and a result type. */
export interface Method<Params extends z.ZodType, Result> {
  readonly params: Params;
  readonly [resultType]?: Result;
}

/** `method<Result>()(schema)`: two steps, because TypeScript cannot infer one type argument and take the other. */
export function method<Result>(): <Params extends z.ZodType>(params: Params) => Method<Params, Result> {
  return (params) => ({ params });
}
