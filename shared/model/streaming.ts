import { z } from 'zod';

const index = z.number().int().min(0);

/**
 * Streaming heads (StreamingLLM, arXiv 2309.17453): every query head sees the first `sink` positions and the last
 * `window`, but for those of the named KV groups, which see everything.
 */
export const streamingSchema = z.object({
  sink: index,
  window: z.number().int().min(1),
  full: z.array(z.object({ layer: index, kvHead: index })).max(65_536),
});
export type Streaming = z.infer<typeof streamingSchema>;
