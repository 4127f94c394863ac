import type { Score } from './score.ts';

export const dla: Score = {
  info: {
    id: 'dla',
    name: 'Direct logit attribution',
    group: 'attribution',
    unit: 'logits',
    definition:
      'What the head writes at the last position straight into the logit of the likeliest next token, less that of the second likeliest, through the final norm with its gain and its scale in the run. What other heads and MLPs make of its output is not in it.',
    source:
      'Elhage et al. 2021, A Mathematical Framework for Transformer Circuits; Wang et al. 2022 (arXiv 2211.00593), section 3.1; TransformerLens logit_attrs',
    badge: 'exact',
    granularity: 'head',
    data: 'text',
    // W_O of every layer has to be read for it.
    cost: 'pass',
    parameters: [],
    floor: null,
    domain: [null, null],
  },
  afterRun: true,
  notApplicable: () => null,
  async compute(context, layer, head, _parameters, _pass, breathe) {
    return (await context.attribution(breathe))[layer * context.architecture.heads + head]!;
  },
};
