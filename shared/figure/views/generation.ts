/** Generated text as tokens, of one run or two, and what might have followed at one step. */
import type { GeneratedToken } from '../../model/generation.ts';
import { formatProbability, plural } from '../../view/format.ts';
import { stepRows } from '../../view/generation/step-rows.ts';
import { inexactBadges, interventionsText, originOf } from '../origin.ts';
import { drawPage, type PageText } from '../page.ts';
import { choiceHeight, choiceRows, drawChoices } from '../parts/choice-bars.ts';
import { breaksBehind, drawTokenFlow } from '../parts/token-flow.ts';
import type { FigureGeneratedToken, RecipeOf } from '../recipe.ts';
import { provenanceText } from '../source.ts';
import { tinted } from '../theme.ts';
import type { FigureView, Noted } from '../view.ts';

type Line = RecipeOf<'generation'>['lines'][number];

export interface GenerationFigure extends Noted {
  readonly lines: readonly Line[];
  readonly step: number;
  readonly text: PageText;
}

const NAMES = { clean: 'clean', changed: 'ablated' } as const;
/** Grounds say how sure the model was: full strength from this probability on. */
const SURE = 1;

export const generationView: FigureView<'generation', GenerationFigure> = {
  id: 'generation',
  load(recipe, { source }) {
    const { lines } = recipe;
    const longest = Math.max(...lines.map(({ tokens }) => tokens.length));
    const step = Math.min(recipe.step ?? stepOfInterest(lines), longest - 1);
    const { runs } = source;
    const used = lines.flatMap(({ run }) => runs[run] ?? []);
    const origin = originOf(used, ['generated']);
    return Promise.resolve({
      lines,
      step,
      origin,
      notes: [],
      text: {
        name: 'Generated text',
        details: `${plural(longest, 'token')}, candidates of step ${step + 1}`,
        inexact: inexactBadges(origin),
        caption: [
          'Tokens that the model generated after the prompt, on a ground as strong as their probability.',
          `Below, the candidates at step ${step + 1}; the token that was taken is bold.`,
          interventionsText(origin),
          provenanceText(source),
        ],
      },
    });
  },

  scene(recipe, { lines, step, text }, measure) {
    return drawPage(recipe, text, measure, (sketch, frame) => {
      const { em, theme } = sketch;
      const taken = lines.filter(({ tokens }) => tokens[step] !== undefined && isComparable(lines, step));
      const asked = (taken.length > 0 ? taken : lines.filter(({ tokens }) => tokens[step] !== undefined)).slice(0, 2);
      const rows = stepRows(asked.map(({ tokens }) => asGenerated(tokens[step]!)));
      const nameWidth = lines.length > 1 ? sketch.width('ablated') + em : 0;
      const needed = choiceHeight(rows.length, em) + em;
      const room =
        frame.height === undefined ? undefined : Math.max(1.5 * em, (frame.height - needed) / lines.length - 0.6 * em);
      let y = frame.y;
      for (const { run, tokens } of lines) {
        if (lines.length > 1)
          sketch.text(NAMES[run], frame.x, y + 1.1 * em, { fill: run === 'changed' ? theme.up : theme.down });
        const shown = tokens.map(({ display, prob }, index) => ({
          display,
          breaks: breaksBehind(tokens, index),
          ground: tinted(theme, Math.min(1, prob / SURE), false),
          outlined: index === step,
        }));
        const flow = { x: frame.x + nameWidth, y, width: frame.width - nameWidth, height: room };
        y = drawTokenFlow(sketch, shown, flow).end + 0.6 * em;
      }
      const left = frame.height === undefined ? Infinity : frame.y + frame.height - y - 0.4 * em;
      const most = left === Infinity ? rows.length : choiceRows(left, em);
      const choices = rows.slice(0, most).map(({ display, probs, taken: chosen }) => ({
        display,
        probabilities: probs,
        taken: chosen,
      }));
      const series = asked.map(({ run }) => ({
        name: asked.length > 1 ? NAMES[run] : 'p',
        changed: run === 'changed',
      }));
      return drawChoices(sketch, choices, series, { x: frame.x, y: y + 0.4 * em, width: frame.width });
    });
  },

  table: (_, { lines }) => {
    const all = lines.flatMap(({ run, tokens }) => tokens.map((token, step) => ({ run, step, token })));
    const count = all.length;
    return Promise.resolve({
      arrays: [
        { name: 'step', shape: [count], values: Int32Array.from(all, ({ step }) => step), about: 'step of each token' },
        { name: 'id', shape: [count], values: Int32Array.from(all, ({ token }) => token.id), about: 'token id' },
        {
          name: 'probability',
          shape: [count],
          values: Float64Array.from(all, ({ token }) => token.prob),
          about: 'probability at temperature 1',
        },
      ],
      texts: [
        { name: 'run', values: all.map(({ run }) => run), about: 'run of each token' },
        { name: 'token', values: all.map(({ token }) => token.display), about: 'token, blanks made visible' },
      ],
      sheet: {
        header: ['run', 'step', 'token', 'id', 'probability', 'candidates'],
        rows: all.map(({ run, step, token }) => [
          run,
          step,
          token.display,
          token.id,
          token.prob,
          token.top.map(({ display, prob }) => `${display} ${formatProbability(prob)}`).join('; '),
        ]),
      },
    });
  },

  python: () => [
    "for run in np.unique(data['run']):",
    "    of = data['run'] == run",
    "    ax.plot(data['step'][of], data['probability'][of], marker='.', label=str(run))",
    "ax.set_xlabel('step')",
    "ax.set_ylabel('probability of the token')",
    'ax.legend()',
  ],
};

/** The first step at which two lines part; else the last. */
function stepOfInterest(lines: readonly Line[]): number {
  const [first, second] = lines;
  const last = first!.tokens.length - 1;
  if (!second) return last;
  const parted = first!.tokens.findIndex(({ id }, step) => second.tokens[step]?.id !== id);
  return parted === -1 ? last : parted;
}

/** Up to the step at which they part, probabilities of two lines answer the same question. */
function isComparable(lines: readonly Line[], step: number): boolean {
  const [first, second] = lines;
  if (!second) return true;
  const parted = first!.tokens.findIndex(({ id }, at) => second.tokens[at]?.id !== id);
  return parted === -1 || step <= parted;
}

/** The rows of the screen ask for logits, which nothing of them is made of. */
function asGenerated({ id, display, text, prob, top }: FigureGeneratedToken): GeneratedToken {
  return { id, display, text, prob, top: top.map((choice) => ({ ...choice, text: '', logit: NaN })) };
}
