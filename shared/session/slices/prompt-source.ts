import { z } from 'zod';

/** What a run is made from, as the editor holds it. */
export const promptSourceSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('text'), text: z.string(), bos: z.boolean() }),
  z.object({ kind: z.literal('ids'), ids: z.string() }),
]);
