/** The page on sparse methods, written from their registry. */
import type {
  MethodClass,
  MethodGranularity,
  MethodInfo,
  MethodNeed,
  MethodParameter,
  MethodScaling,
} from '../../../shared/model/method.ts';
import { list, plain } from '../markdown.ts';

const CLASSES: Readonly<Record<MethodClass, string>> = {
  static: 'A, static: by position alone',
  'one-shot': 'B, one shot: chosen once, at the end of the prompt',
  'per-query': 'C, per query: chosen anew at each step',
  stepwise: 'D, stepwise: a state goes from step to step',
  modifying: 'E, modifying: changes keys, values or outputs',
};

const UNITS: Readonly<Record<MethodGranularity, string>> = {
  head: 'query head',
  'kv-group': 'KV group',
  layer: 'layer',
};

const NEEDS: Readonly<Record<MethodNeed, string>> = {
  gates:
    'learned gates of the KV groups; of an open model there are none, and its score `duo-proxy` on prose takes their place',
  probe: 'echo and induction of the query heads on repeated random tokens, measured once for an open model',
};

const INTRODUCTION = `# Sparse methods

<!-- Written by \`npm run docs\` from the registry of methods. Change that, not this page. -->

What each method keeps of a context and reads of it, as the forms and \`headscope methods\` know it. \`headscope methods
select\` applies one to q, k and v in a file, without a model.

- **Budget**: keys, or a share of the prompt (rounded down, at least one key). Without one, the published budget is used.
- **Parameters** that are given count before those that follow from the budget, and these before defaults. Published
  windows, pages and budgets are for long contexts: of prompts under 8192 tokens they are taken in proportion to the
  tokens, and numbers of layers always in proportion to the layers of the model.
- **Read** is what a query head reads at a step, its own key included where the method keeps it. **Resident** is what
  memory has to hold: of a method that evicts, the union of what the heads of a KV group read; of any other, everything.
- **Question**: a prompt is context, question and answer. Unseen, the default: methods choose at the end of the context,
  and the question is under them. Seen: they choose at the end of the question, so that the first token of the answer
  follows from its last row, which is dense.
- **F1**, layer-local: every layer has q, k and v of the dense run. **F2**, propagated: the tokens go through all layers
  under the method, which chooses from what that makes of q, k and v; with KL and the likelihood of the answer. **F3**,
  generated: F2, and greedy answers; on a task their accuracy with a 95 % interval.
- **Ties**: the larger score first, then the smaller position.
- L layers, H query heads, G KV heads, P tokens of the prompt, n keys so far, d dimensions of a head, |S| keys read.
`;

export function formatMethodDocs(methods: readonly MethodInfo[]): string {
  return [INTRODUCTION, ...methods.map(formatMethod)].join('\n');
}

function formatMethod({ id, name, definition, source, classes, phases, granularity, ...more }: MethodInfo): string {
  const { evicts, readsQuery, needs, budget, parameters, cost, badge, notes } = more;
  const facts = [
    `Source: ${plain(source)}`,
    `Class: ${classes.map((each) => CLASSES[each]).join('; ')}`,
    `Applies to: ${phases.map((phase) => (phase === 'prefill' ? 'rows of the prompt' : 'rows after it')).join(', ')}`,
    `Chosen by: ${UNITS[granularity]}${readsQuery ? ', from the query that reads' : ''}`,
    `Memory: ${evicts ? 'what is not kept leaves it for good' : 'keeps every key'}`,
    ...needs.map((need) => `Reads also: ${NEEDS[need]}`),
    `Budget: ${budget === null ? 'none' : `${plain(budget.meaning)} Default: ${budget.default ?? 'what the parameters keep'} (${plain(budget.source)}).`}`,
    ...parameters.map(formatParameter),
    `Costs of choosing: each step ${plain(cost.step)}; stored ${plain(cost.stored)}; at the end of the prompt ${plain(cost.once)}`,
    `Badge: \`${badge}\``,
    ...notes.map(plain),
  ];
  return `## ${plain(name)} (\`${id}\`)\n\n${plain(definition)}\n\n${list(facts)}`;
}

function formatParameter({ id, name, meaning, min, max, choices, ...more }: MethodParameter): string {
  const fallback = choices?.[more.default] ?? String(more.default);
  const range = choices ? choices.map((choice, index) => `${index} ${choice}`).join(', ') : `${min} to ${max}`;
  const scaled = [formatScaling(more.scaling), more.fromBudget === true ? 'set by a budget' : ''].filter(Boolean);
  const how = scaled.length === 0 ? '' : `; ${scaled.join(', ')}`;
  return `Parameter \`${id}\`, ${plain(name)}: ${plain(meaning)} ${plain(range)}; default: ${plain(fallback)} (${plain(more.source)})${how}.`;
}

function formatScaling(scaling: MethodScaling): string {
  switch (scaling.by) {
    case 'nothing':
      return '';
    case 'tokens':
      return `scaled to the prompt, at least ${scaling.least}${scaling.of === undefined ? '' : `, from ${scaling.of} tokens`}`;
    case 'layers':
      return `scaled to the model from one of ${scaling.layers} layers`;
  }
}
