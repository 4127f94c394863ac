/** What the dialog's settings ask the engine for. Pure. */
import { AppError } from '../../shared/base/app-error.ts';
import type { ParamsOf } from '../../shared/contract/methods.ts';
import type { ProbeInfo } from '../../shared/model/probe.ts';
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

/** Throws `bad-request` with the first line that is none. Whether items make sense is checked where they are used. */
export function readItems(name: string, text: string): ProbeItems {
  const lines = text.split(/\r?\n/).flatMap((line, at) => (line.trim() === '' ? [] : [{ line, at }]));
  return lines.map(({ line, at }) => {
    try {
      const item: unknown = JSON.parse(line);
      if (typeof item === 'object' && item !== null && 'prompt' in item) return item as ProbeItems[number];
    } catch {
      // Said below, as for any other line that is no item.
    }
    throw new AppError('bad-request', `Line ${at + 1} of ${name} is no prompt.`, {
      hint: 'Write a JSON object {"prompt": "..."} on each line, with an "answer" where there is one.',
    });
  });
}
