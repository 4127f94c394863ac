/** What the dialog's settings ask the engine for. Pure. */
import { AppError } from '../../shared/base/app-error.ts';
import type { ParamsOf } from '../../shared/contract/methods.ts';
import type { ProbeInfo } from '../../shared/model/probe.ts';
import { formatCount } from '../../shared/view/format.ts';
import { choiceOf } from '../engine/score-choice.ts';
import type { ScoresState } from '../state/scores-state.ts';

type ProbeItems = NonNullable<ParamsOf<'probe.run'>['items']>;

/** `items`: the user's own prompts, for the probe set that takes them. */
export function probeRequest(
  probe: ProbeInfo,
  { settings, list, parameters: scoreParameters }: Pick<ScoresState, 'settings' | 'list' | 'parameters'>,
  items: ProbeItems = [],
): ParamsOf<'probe.run'> {
  const asked = list.filter(({ id, cost }) =>
    settings.scores.length > 0 ? settings.scores.includes(id) : cost !== 'weights',
  );
  const known = new Set(probe.parameters.map(({ id }) => id));
  const parameters = Object.entries(settings.parameters[probe.id] ?? {}).filter(([id]) => known.has(id));
  return {
    task: probe.id,
    parameters: Object.fromEntries(parameters),
    samples: settings.samples,
    seed: settings.seed,
    items,
    scoreParameters: choiceOf(asked, scoreParameters).scoreParameters,
    ...(settings.scores.length > 0 ? { scores: [...settings.scores] } : {}),
  };
}

/**
 * A file of JSON lines. Throws `bad-request` with the first line that is none. Whether the right choice is among the
 * choices, and whether the model takes the ids, is checked where they are used.
 */
export function readItems(name: string, text: string): ProbeItems {
  const lines = text.split(/\r?\n/).flatMap((line, at) => (line.trim() === '' ? [] : [{ line, at }]));
  if (lines.length > MOST_ITEMS) {
    throw new AppError('bad-request', `${name} has ${formatCount(lines.length)} prompts.`, {
      hint: `At most ${formatCount(MOST_ITEMS)} can be scored in one go.`,
    });
  }
  return lines.map(({ line, at }) => {
    const item = parsed(line);
    const wrong = whatIsWrong(item);
    if (wrong !== undefined) {
      throw new AppError('bad-request', `Line ${at + 1} of ${name} ${wrong}.`, {
        hint: 'Each line is {"prompt"}, {"prompt", "answer"} or {"prompt", "choices", "correct"}: a prompt, an answer and each choice is a text or a list of token ids that is not empty.',
      });
    }
    return item as ProbeItems[number];
  });
}

const MOST_ITEMS = 10_000;
const MOST_CHOICES = 26;

/** Undefined where it is no JSON. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Undefined where the contract takes it. */
function whatIsWrong(item: unknown): string | undefined {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return 'is no JSON object';
  const { prompt, answer, choices, correct } = item as Readonly<Record<string, unknown>>;
  if (prompt === undefined) return 'has no "prompt"';
  if (!isPart(prompt)) return 'has a "prompt" that is neither a text nor a list of token ids';
  if (answer !== undefined && !isPart(answer)) return 'has an "answer" that is neither a text nor a list of token ids';
  if (choices !== undefined && !isChoices(choices)) {
    return `has "choices" that are no list of 2 to ${MOST_CHOICES} texts or lists of token ids`;
  }
  if (correct !== undefined && !isIndex(correct)) return 'has a "correct" that is no index of a choice, from 0';
  return undefined;
}

function isChoices(value: unknown): boolean {
  return Array.isArray(value) && value.length >= 2 && value.length <= MOST_CHOICES && value.every(isPart);
}

function isPart(value: unknown): boolean {
  return typeof value === 'string' ? value !== '' : Array.isArray(value) && value.length > 0 && value.every(isIndex);
}

function isIndex(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
