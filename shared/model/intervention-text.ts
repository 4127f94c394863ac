/**
 * Interventions as text, one entry each, separated by commas or line breaks:
 *
 *     L0H1=zero   L2H3=scale:0.5   L5KV0=drop-keys#0:4   L3=streaming:4:64@100:200+250   off L0H2=uniform
 *     L1H0=patch:z:tokens<-17 4 99   L1H0=mean:position<-needle*16/7
 *
 * Place, kind, its parameters in their order (or by name, `window=64`), query positions after @, keys after #, other
 * prompts after <-: token ids, several prompts divided by ;, or samples of a task with their seed.
 */
import { AppError } from '../base/app-error.ts';
import { INTERVENTION_KINDS, interventionKind } from './intervention-kinds/index.ts';
import type { InterventionKind, InterventionParameter, NumberParameter } from './intervention-kinds/kind.ts';
import { activeInterventions, parameterOf, type Intervention, type InterventionSource } from './intervention.ts';
import { formatPlace, parsePlace, placeKind } from './place.ts';
import { formatRanges, parseRanges } from './position-ranges.ts';

const NAMES = { head: 'a query head', 'kv-group': 'a KV group', layer: 'a layer' } as const;

/** `L0H1=zero`. The inverse of `parseIntervention`; names of segments are left out. */
export function formatIntervention({ what, where, rows, keys, parameters, source, off }: Intervention): string {
  const ids = interventionKind(what).parameters.map(({ id }) => id);
  const isDefault = ids.every((id) => parameters?.[id] === undefined);
  const values = isDefault ? [] : trimmed(interventionKind(what).parameters, parameters ?? {});
  return [
    off ? 'off ' : '',
    `${formatPlace(where)}=${[what, ...values].join(':')}`,
    rows === undefined ? '' : `@${formatRanges(rows)}`,
    keys === undefined ? '' : `#${formatRanges(keys)}`,
    source === undefined ? '' : `<-${formatSource(source)}`,
  ].join('');
}

/**
 * A canonical string of what a list does, used in keys of captures: lists with equal keys give equal numbers. It can be
 * read again. The empty list, and one of which all is off, give the empty string.
 */
export function interventionsKey(interventions: readonly Intervention[]): string {
  return activeInterventions(interventions).map(canonical).map(formatIntervention).join(',');
}

/** With every parameter, and no names. */
function canonical(entry: Intervention): Intervention {
  const ids = interventionKind(entry.what).parameters.map(({ id }) => id);
  return { ...entry, parameters: Object.fromEntries(ids.map((id) => [id, parameterOf(entry, id)])) };
}

export function formatInterventions(list: readonly Intervention[]): string {
  return list.map(formatIntervention).join('\n');
}

/** Reads a list; a head alone means `zero`. Throws `bad-request` with the entry that cannot be read. */
export function parseInterventions(text: string): Intervention[] {
  return text
    .split(/[,\n]/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(parseIntervention);
}

export function parseIntervention(text: string): Intervention {
  const match = /^(off\s+)?([^=@#<]+?)\s*(?:=\s*([^@#<]+?))?\s*(?:@([^#<]+))?\s*(?:#([^<]+))?\s*(?:<-(.+))?$/i.exec(
    text.trim(),
  );
  const where = match ? parsePlace(match[2]!) : undefined;
  if (!match || where === undefined) throw unreadable(text);
  const [id = 'zero', ...given] = (match[3] ?? 'zero').split(':').map((part) => part.trim());
  const kind = INTERVENTION_KINDS.find((known) => known.id === id);
  if (kind === undefined) {
    throw new AppError('bad-request', `“${text}” names no kind of intervention.`, {
      hint: `Known are ${INTERVENTION_KINDS.map((known) => known.id).join(', ')}.`,
    });
  }
  if (!kind.places.includes(placeKind(where))) {
    throw new AppError('bad-request', `“${text}”: ${kind.id} cannot be done to ${NAMES[placeKind(where)]}.`, {
      hint: `It can be done to ${kind.places.map((place) => NAMES[place]).join(', ')}.`,
    });
  }
  const rows = readRanges(text, match[4]);
  const keys = readRanges(text, match[5]);
  const parameters = readParameters(text, kind, given);
  const source = match[6] === undefined ? undefined : readSource(text, match[6]);
  if (kind.id === 'zero' && placeKind(where) === 'head' && !match[1] && !rows && !keys && !source)
    return { what: 'zero', where };
  return {
    what: kind.id,
    where,
    ...(rows && { rows }),
    ...(keys && { keys }),
    ...(Object.keys(parameters).length > 0 && { parameters }),
    ...(source && { source }),
    ...(match[1] !== undefined && { off: true as const }),
  };
}

function unreadable(text: string): AppError {
  return new AppError('bad-request', `“${text}” is not an intervention.`, {
    hint: 'Write L0H1=zero, L2H3=scale:0.5 or L5KV0=drop-keys#0:4, separated by commas.',
  });
}

/** Values up to the last one that is given. */
function trimmed(
  parameters: readonly InterventionParameter[],
  given: Readonly<Record<string, number | string>>,
): string[] {
  const last = parameters.findLastIndex(({ id }) => given[id] !== undefined);
  return parameters.slice(0, last + 1).map((parameter) => String(given[parameter.id] ?? parameter.default));
}

function readRanges(text: string, part: string | undefined): Intervention['rows'] {
  if (part === undefined) return undefined;
  const read = parseRanges(part.trim());
  if (read === undefined) {
    throw new AppError('bad-request', `“${text}”: “${part}” is no list of positions.`, {
      hint: 'Write 3, 3:7 (3 to 6) or 3:7+12.',
    });
  }
  return read;
}

function readParameters(
  text: string,
  kind: InterventionKind,
  given: readonly string[],
): Record<string, number | string> {
  const values: Record<string, number | string> = {};
  for (const [at, part] of given.entries()) {
    const named = /^([\w-]+)=(.*)$/.exec(part);
    const parameter = named ? kind.parameters.find(({ id }) => id === named[1]) : kind.parameters[at];
    if (parameter === undefined) {
      const known = kind.parameters.map(({ id }) => id).join(', ');
      throw new AppError('bad-request', `“${text}”: ${kind.id} has no parameter for “${part}”.`, {
        hint: known === '' ? 'It has none.' : `Its parameters are ${known}.`,
      });
    }
    values[parameter.id] = readValue(text, parameter, named ? named[2]! : part);
  }
  return values;
}

function readValue(text: string, parameter: InterventionParameter, part: string): number | string {
  if (parameter.type === 'choice') {
    if (parameter.choices.some(({ id }) => id === part)) return part;
    throw new AppError('bad-request', `“${text}”: ${parameter.id} cannot be “${part}”.`, {
      hint: `It is one of ${parameter.choices.map(({ id }) => id).join(', ')}.`,
    });
  }
  const value = Number(part);
  const { min, max, integer } = parameter;
  if (part.trim() !== '' && value >= min && value <= max && (!integer || Number.isInteger(value))) return value;
  throw new AppError('bad-request', `“${text}”: ${parameter.id} cannot be “${part}”.`, {
    hint: `It is ${rangeText(parameter)}.`,
  });
}

/** `a whole number from 1 to 1024`; without the bounds where they are only those of a float. */
export function rangeText({ min, max, integer }: NumberParameter): string {
  const number = integer ? 'a whole number' : 'a number';
  return Math.max(Math.abs(min), Math.abs(max)) > 1e30 ? number : `${number} from ${min} to ${max}`;
}

function formatSource(source: InterventionSource): string {
  if ('task' in source) return `${source.task}*${source.samples}/${source.seed}`;
  return source.prompts.map((ids) => ids.join(' ')).join(';');
}

function readSource(text: string, part: string): InterventionSource {
  const task = /^\s*([a-z][\w-]*)\s*(?:\*\s*(\d{1,4}))?\s*(?:\/\s*(\d{1,10}))?\s*$/i.exec(part);
  if (task) return { task: task[1]!, samples: Number(task[2] ?? 16), seed: Number(task[3] ?? 0) };
  const prompts = part.split(';').map((ids) => ids.trim().split(/\s+/).map(Number));
  if (prompts.every((ids) => ids.every((id) => Number.isInteger(id) && id >= 0))) return { prompts };
  throw new AppError('bad-request', `“${text}”: “${part}” names no other prompts.`, {
    hint: 'Write token ids (17 4 99; several prompts divided by ;) or samples of a task (needle*16/7).',
  });
}
