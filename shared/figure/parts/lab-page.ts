/** What figures of the method lab say of themselves: the result travels in the recipe and knows what it is of. */
import { AppError } from '../../base/app-error.ts';
import type { Badge } from '../../model/badge.ts';
import type { LabAbout, LabRow } from '../../model/lab.ts';
import type { MethodParameters, ResolvedMethod } from '../../model/method.ts';
import type { Fidelity } from '../../model/method-result.ts';
import type { MethodChoice } from '../../model/method-task.ts';
import { plural } from '../../view/format.ts';
import { formatKeys, formatShare } from '../../view/lab/formats.ts';
import { rowName } from '../../view/lab/method-maps.ts';
import { shortName } from '../../view/lab/plots.ts';
import { budgetsAsked, budgetWords, type BudgetRow } from '../../view/lab/row-budget.ts';
import { parametersText } from '../../view/lab/series.ts';
import { inexactBadges, inexactText, type FigureOrigin } from '../origin.ts';
import type { FigureSource } from '../source.ts';
import { shownHash } from '../source.ts';
import type { EffectPage } from './effect-page.ts';

export const FIDELITY_TEXTS: Readonly<Record<Fidelity, string>> = {
  F1: 'F1, layer-local: every layer has q, k and v of the dense run, so that errors are not carried on.',
  F2: 'F2, propagated: methods choose from what they themselves make of q, k and v.',
  F3: 'F3, generated: methods choose from what they themselves make of q, k and v, and answers are generated greedily.',
};

export const FIDELITY_BADGES: Readonly<Record<Fidelity, Badge>> = {
  F1: 'layer-local',
  F2: 'propagated',
  F3: 'generated',
};

/** Badges of what is drawn: of the fidelity, and of methods that are not what was published or need an oracle. */
export function labBadges(rows: readonly LabRow[]): readonly Badge[] {
  return ownBadges(
    rows.flatMap(({ result, info }): Badge[] =>
      result === null ? [] : [FIDELITY_BADGES[result.fidelity], result.badge, info.badge],
    ),
  );
}

/** Of what goes through all layers, layer-local is only what methods are compared by besides. */
export function ownBadges(found: readonly Badge[]): readonly Badge[] {
  const isMore = found.some((badge) => badge === 'propagated' || badge === 'generated');
  return [...new Set(found)].filter((badge) => badge !== 'exact' && !(isMore && badge === 'layer-local'));
}

/** Where the methods begin, and what they have seen by then. */
export function cutText({ tokens, promptLength, questionStart, answerStart, question, displays }: LabAbout): string {
  const parts = [
    ...(questionStart === null ? [] : [`question from ${questionStart}`]),
    ...(answerStart === null ? [] : [`answer from ${answerStart}`]),
  ];
  const seen =
    question === 'seen'
      ? 'The question is seen by the methods, and the query that predicts the first token after it is dense'
      : 'The question is unseen when the methods choose';
  const cut = `${plural(tokens, 'token')}${parts.length > 0 ? ` (${parts.join(', ')})` : ''}, under the methods from ${promptLength} on`;
  return `${cut}. ${seen}. First token: ${displays[0] ?? '–'}.`;
}

/** The name of a quantity within a sentence: `keys read`, but `KV bytes` and `FLOPs`. */
export function withinTitle(name: string): string {
  return /^[A-Z]{2}/.test(name) ? name : name.charAt(0).toLowerCase() + name.slice(1);
}

/** What was asked for, and what came of it. */
export function budgetsText(rows: readonly LabRow[]): string {
  const done = rows.filter(({ result, choice }) => result !== null && choice.method !== 'dense');
  const results = done.map(({ result }) => result!);
  if (results.length === 0) return '';
  const range = (values: readonly number[], format: (value: number) => string) => {
    const [low, high] = [format(Math.min(...values)), format(Math.max(...values))];
    return low === high ? low : `${low} to ${high}`;
  };
  const read = range(
    results.map((result) => result.read),
    formatKeys,
  );
  const memory = range(
    results.map((result) => result.ratio),
    formatShare,
  );
  const asked = budgetsAsked(done);
  return `${asked === '' ? 'M' : `${asked}; m`}easured: ${read} keys read at a step, ${memory} of the memory.`;
}

interface LabWords {
  readonly about: LabAbout;
  /** Of which something is drawn. */
  readonly rows: readonly LabRow[];
  readonly name: string;
  readonly details: string;
  readonly caption: readonly string[];
}

export function labPage(source: FigureSource, { about, rows, name, details, caption }: LabWords): EffectPage {
  const failed = rows.filter(({ result }) => result === null).map(rowName);
  return page(source, about, labBadges(rows), {
    name,
    details,
    caption: [
      ...caption,
      cutText(about),
      FIDELITY_TEXTS[about.fidelity],
      budgetsText(rows),
      failed.length > 0 ? `Failed: ${failed.join(', ')}.` : '',
      about.prompt === '' ? '' : `Prompt: “${about.prompt}”.`,
    ],
  });
}

/** The same for what is of no comparison. */
export function page(
  { runs }: FigureSource,
  { modelId, model }: Pick<LabAbout, 'modelId' | 'model'>,
  badges: readonly Badge[],
  { name, details, caption }: Pick<LabWords, 'name' | 'details' | 'caption'>,
): EffectPage {
  const { clean } = runs;
  const origin: FigureOrigin = {
    badges: badges.length > 0 ? badges : ['exact'],
    interventions: [],
    providers: clean && clean.modelId === modelId ? [clean.provider] : [],
  };
  return {
    origin,
    notes: [],
    text: {
      name,
      details,
      inexact: inexactBadges(origin),
      caption: [...caption, inexactText(origin), `Model ${model} (${shownHash(modelId)}).`],
    },
  };
}

/** Throws `bad-request` where a comparison has no such row, or it failed. */
export function resultAt(
  rows: readonly LabRow[],
  at: number,
): LabRow & { readonly result: NonNullable<LabRow['result']> } {
  const row = rows[at];
  if (row?.result) return { ...row, result: row.result };
  throw new AppError('bad-request', `Row ${at} of the comparison has no result to draw.`, {
    hint: 'Choose a row that was computed.',
  });
}

/** What the engine knows a row's keys by. Throws `not-stored` where these were not kept. */
export function traceOf(row: LabRow): string {
  const trace = row.result?.trace ?? null;
  if (trace !== null) return trace;
  throw new AppError('not-stored', `What ${rowName(row)} read was too much to be kept.`, {
    hint: 'Run it on a shorter prompt.',
  });
}

/** What a row of a table was asked for, and what came of it; null where it failed. */
interface Resolved {
  readonly choice: MethodChoice;
  readonly info: BudgetRow['info'];
  readonly result: { readonly resolved: ResolvedMethod } | null;
}

/** The columns that say which row of a table is of what. */
export function choiceColumns(rows: readonly Resolved[]) {
  const count = [rows.length];
  const numbers = (name: string, about: string, of: (choice: MethodChoice) => number) => ({
    name,
    shape: count,
    values: Float64Array.from(rows, ({ choice }) => of(choice)),
    about,
  });
  const { keys, share } = {
    keys: ({ budget }: MethodChoice) => (budget && 'keys' in budget ? budget.keys : NaN),
    share: ({ budget }: MethodChoice) => (budget && 'share' in budget ? budget.share : NaN),
  };
  return {
    arrays: [
      numbers('budget_keys', 'keys asked for; NaN where a share or nothing was', keys),
      numbers('budget_share', 'share of the prompt asked for; NaN where keys or nothing were', share),
      {
        name: 'keys',
        shape: count,
        values: Float64Array.from(rows, keysOf),
        about: 'keys of the budget, as resolved; NaN of a method that takes none',
      },
    ],
    cells: (at: number): readonly (string | number)[] => {
      const { choice, result } = rows[at]!;
      const all = result?.resolved.parameters ?? choice.parameters;
      return [
        choice.method,
        parametersCell(all, '; '),
        Object.keys(choice.parameters).join('; '),
        keys(choice),
        share(choice),
        budgetWords(rows[at]!),
        keysOf(rows[at]!),
      ];
    },
    header: ['method', 'parameters', 'given parameters', 'budget (keys)', 'budget (share)', 'budget', 'keys'],
    texts: [
      { name: 'method', values: rows.map(({ choice }) => choice.method), about: 'id of the method' },
      {
        name: 'parameters',
        values: rows.map(({ choice }) => parametersCell(choice.parameters, ' ')),
        about: 'given, other than the defaults',
      },
      {
        name: 'budget',
        values: rows.map(budgetWords),
        about: 'as it was asked for, with the keys that this was; or the published one, and whether it was scaled',
      },
    ],
  };
}

/** Of the budget, as resolved. */
const keysOf = ({ result }: Resolved): number => result?.resolved.budget ?? NaN;

function parametersCell(parameters: MethodParameters, between: string): string {
  return Object.entries(parameters)
    .map(([id, value]) => `${id}=${value}`)
    .join(between);
}

/** Letters that are spent on parameters in a caption. */
const MOST_LETTERS = 400;

/** `Scaled to the prompt or given: SnapKV window 8; Quest page 4.`: what a reader could not look up in the papers. */
export function resolvedText(rows: readonly LabRow[]): string {
  const found = new Map<string, Set<string>>();
  for (const { info, result } of rows) {
    if (!result) continue;
    const { parameters, origins } = result.resolved;
    const own = Object.entries(parameters).filter(([id]) => origins[id] === 'scaled' || origins[id] === 'given');
    const text = parametersText(Object.fromEntries(own), info).join(', ');
    if (text === '') continue;
    const name = shortName(info.name);
    found.set(name, (found.get(name) ?? new Set()).add(text));
  }
  const parts: string[] = [];
  let letters = 0;
  for (const [name, texts] of found) {
    const part = `${name} ${[...texts].join(' or ')}`;
    letters += part.length;
    if (parts.length > 0 && letters > MOST_LETTERS) break;
    parts.push(part);
  }
  if (parts.length === 0) return '';
  const rest = found.size - parts.length;
  return `Parameters scaled to prompt and model, or given: ${parts.join('; ')}${rest > 0 ? `; of ${plural(rest, 'more method')} in the numbers` : ''}.`;
}
