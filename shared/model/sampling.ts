import { z } from 'zod';

/** How the next token is chosen from the logits. */
export const samplingSchema = z.discriminatedUnion('kind', [
  /** The likeliest; of equals the one with the lowest id. */
  z.object({ kind: z.literal('greedy') }),
  /** Drawn from softmax(logits / temperature), cut to the `topK` likeliest, then to the fewest that hold `topP`. */
  z.object({
    kind: z.literal('sample'),
    temperature: z.number().min(0.01).max(10),
    topK: z.number().int().min(1).optional(),
    topP: z.number().gt(0).max(1).optional(),
    seed: z
      .number()
      .int()
      .min(0)
      .max(2 ** 32 - 1),
  }),
]);
export type Sampling = z.infer<typeof samplingSchema>;
