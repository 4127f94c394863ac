import type { ScoreInfo, ScoreTable } from '../../../shared/model/score.ts';

const INFOS: readonly (ScoreInfo & { readonly top: number })[] = (
  [
    ['entropy', 'Row entropy', 'nats', [0, null], 5],
    ['sink', 'First-token mass', 'probability', [0, 1], 1],
    ['previous', 'Previous-token attention', 'probability', [0, 1], 1],
    ['distance', 'Mean distance', 'tokens', [0, null], 120],
    ['max', 'Mean of the largest weight', 'probability', [0, 1], 1],
  ] as const
).map(([id, name, unit, domain, top]) => ({
  id,
  name,
  group: 'shape',
  unit,
  definition: 'Mean over all rows of the prompt.',
  source: 'made up',
  badge: 'exact',
  granularity: 'head',
  data: 'text',
  cost: 'run',
  parameters: [],
  floor: null,
  domain,
  top,
}));

const PLAIN = { parameters: {}, floor: null, spread: null };

/** Made-up scores: most heads low, a few high; and one score that does not apply. */
export function syntheticScores(layers: number, heads: number): ScoreTable[] {
  const applicable = INFOS.map(({ top, ...info }, place) => ({
    info,
    values: Float64Array.from({ length: layers * heads }, (_, index) => {
      const wave = Math.abs(Math.sin((index + 1) * 12.9898 * (place + 1)) * 43758.5453) % 1;
      return top * wave ** (info.domain[1] === 1 ? 4 : 1.3);
    }),
    notApplicable: null,
    ...PLAIN,
  }));
  return [
    ...applicable,
    {
      info: { ...applicable[2]!.info, id: 'induction', name: 'Induction score' },
      values: null,
      notApplicable: 'It needs a prompt in which a sequence occurs twice; choose the “repeat” task.',
      ...PLAIN,
    },
  ];
}
