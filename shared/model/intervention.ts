/**
 * What is changed in a run. An ordered list; entries that name the same head multiply.
 *
 * `zero` and `scale` act on z, the per-head attention output before the output projection.
 */
import { z } from 'zod';
import { formatHead, parseHead, type HeadId } from './head-id.ts';
import { AppError } from '../base/app-error.ts';

const index = z.number().int().min(0).max(4095);

export const interventionSchema = z.discriminatedUnion('what', [
  z.object({ what: z.literal('zero'), where: z.object({ layer: index, head: index }) }),
  z.object({
    what: z.literal('scale'),
    where: z.object({ layer: index, head: index }),
    factor: z.number(),
  }),
]);

export type Intervention = z.infer<typeof interventionSchema>;

export function zeroHead({ layer, head }: HeadId): Intervention {
  return { what: 'zero', where: { layer, head } };
}

/** `L0H1=zero`, `L2H3=scale:0.5`. The inverse of `parseInterventions`. */
export function formatIntervention(intervention: Intervention): string {
  const head = formatHead(intervention.where);
  return intervention.what === 'zero' ? `${head}=zero` : `${head}=scale:${intervention.factor}`;
}

/** A canonical string of a list, used in keys of captures. The empty list gives the empty string. */
export function interventionsKey(interventions: readonly Intervention[]): string {
  return interventions.map(formatIntervention).join(',');
}

/** Reads the command line's form, `L0H1=zero,L2H3=scale:0.5`. A head alone means `zero`. */
export function parseInterventions(text: string): Intervention[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const [where = '', ...rest] = part.split('=');
      const what = rest.length === 0 ? 'zero' : rest.join('=');
      const head = parseHead(where);
      const scale = /^scale:(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/i.exec(what);
      if (head && what === 'zero') return zeroHead(head);
      if (head && scale) return { what: 'scale', where: head, factor: Number(scale[1]) };
      throw new AppError('bad-request', `“${part}” is not an intervention.`, {
        hint: 'Write L0H1=zero or L2H3=scale:0.5, separated by commas.',
      });
    });
}
