/** What is wrong with a list of interventions, told before anything is computed. */
import { AppError } from '../../shared/base/app-error.ts';
import { activeInterventions, type Intervention } from '../../shared/model/intervention.ts';
import { interventionKind } from '../../shared/model/intervention-kinds/index.ts';
import type { InterventionKind, InterventionParameter } from '../../shared/model/intervention-kinds/kind.ts';
import { formatIntervention, rangeText } from '../../shared/model/intervention-text.ts';
import { formatPlace, headsAt, placeExists, placeKind } from '../../shared/model/place.ts';
import type { Architecture } from '../families/family.ts';

export type CheckedModel = Pick<
  Architecture,
  'layers' | 'heads' | 'kvHeads' | 'headDim' | 'dModel' | 'vocabSize' | 'context'
>;

/** Characters of an entry that a message quotes: prompts of thousands of ids are cut. */
const MOST_QUOTED = 80;

const PLACE_NAMES = { head: 'query heads', 'kv-group': 'KV groups', layer: 'layers' } as const;

/** Throws `bad-request` with the first entry that cannot be done, whatever the prompt is. Entries that are off may be anything. */
export function checkInterventions(model: CheckedModel, list: readonly Intervention[]): void {
  for (const entry of activeInterventions(list)) checkEntry(model, entry);
  checkOrder(model, activeInterventions(list));
}

export function refused(entry: Intervention, what: string, hint: string): AppError {
  const text = formatIntervention(entry);
  const quoted = text.length > MOST_QUOTED ? `${text.slice(0, MOST_QUOTED)}…` : text;
  return new AppError('bad-request', `“${quoted}”: ${what}`, { hint });
}

function checkEntry(model: CheckedModel, entry: Intervention): void {
  const kind = interventionKind(entry.what);
  const { layers, heads, kvHeads } = model;
  const { where, rows, keys } = entry;
  if (!placeExists(where, model)) {
    throw refused(
      entry,
      `there is no ${formatPlace(where)}.`,
      `This model has layers 0 to ${layers - 1} with heads 0 to ${heads - 1} and KV groups 0 to ${kvHeads - 1}.`,
    );
  }
  if (!kind.places.includes(placeKind(where))) {
    throw refused(
      entry,
      `${kind.name} cannot be done to ${PLACE_NAMES[placeKind(where)]}.`,
      `It can be done to ${kind.places.map((place) => PLACE_NAMES[place]).join(', ')}.`,
    );
  }
  if (rows !== undefined && !kind.rows)
    throw refused(entry, `${kind.name} cannot be limited to some positions.`, 'Leave out the positions after @.');
  if (keys !== undefined && kind.keys === 'none')
    throw refused(entry, `${kind.name} names no keys.`, 'Leave out the keys after #.');
  if (keys === undefined && kind.keys === 'required')
    throw refused(entry, `${kind.name} needs the keys that it is about.`, 'Name them after #, such as #0:4.');
  checkParameters(entry, kind);
  checkSource(model, entry, kind);
  if (entry.what === 'residual' && Number(entry.parameters?.['dimension'] ?? -1) >= model.dModel) {
    throw refused(
      entry,
      `there is no dimension ${entry.parameters!['dimension']!}.`,
      `The residual has dimensions 0 to ${model.dModel - 1}.`,
    );
  }
}

function checkParameters(entry: Intervention, kind: InterventionKind): void {
  for (const [id, value] of Object.entries(entry.parameters ?? {})) {
    const parameter = kind.parameters.find((each) => each.id === id);
    if (parameter === undefined) {
      const known = kind.parameters.map((each) => each.id).join(', ');
      throw refused(
        entry,
        `${kind.name} has no parameter ${id}.`,
        known === '' ? 'It has none.' : `Its parameters are ${known}.`,
      );
    }
    const wrong = problemOf(parameter, value);
    if (wrong !== null) throw refused(entry, `${parameter.name} cannot be ${value}.`, wrong);
  }
}

/** What it may be, where it is not that. */
function problemOf(parameter: InterventionParameter, value: number | string): string | null {
  if (parameter.type === 'choice') {
    if (parameter.choices.some(({ id }) => id === value)) return null;
    return `It is one of ${parameter.choices.map(({ id }) => id).join(', ')}.`;
  }
  const { min, max, integer } = parameter;
  const fits = typeof value === 'number' && value >= min && value <= max && (!integer || Number.isInteger(value));
  return fits ? null : `It is ${rangeText(parameter)}.`;
}

function checkSource({ vocabSize, context }: CheckedModel, entry: Intervention, kind: InterventionKind): void {
  const { source } = entry;
  if (source === undefined) {
    if (kind.sources === 'none' || kind.sources === 'optional') return;
    throw refused(
      entry,
      `${kind.name} needs another prompt to take values from.`,
      'Give its token ids, or samples of a task.',
    );
  }
  if (kind.sources === 'none')
    throw refused(entry, `${kind.name} reads no other prompts.`, 'Leave out what stands after <-.');
  const count = 'prompts' in source ? source.prompts.length : source.samples;
  if (kind.sources === 'one' && count !== 1) {
    throw refused(entry, `${kind.name} takes values from one other prompt, but ${count} are given.`, 'Give one.');
  }
  for (const ids of 'prompts' in source ? source.prompts : []) {
    const unknown = ids.find((id) => id >= vocabSize);
    if (unknown !== undefined) {
      throw refused(
        entry,
        `there is no token ${unknown} in the vocabulary of ${vocabSize}.`,
        `Use ids from 0 to ${vocabSize - 1}.`,
      );
    }
    if (ids.length > context) {
      throw refused(
        entry,
        `a prompt of it has ${ids.length} tokens, over the context limit of ${context}.`,
        'Shorten it.',
      );
    }
  }
}

/** A sigmoid leaves nothing that sums to 1, which these could redistribute. */
function checkOrder(model: CheckedModel, list: readonly Intervention[]): void {
  const isSigmoid = new Set<string>();
  for (const entry of list) {
    const heads = headsAt(entry.where, model).map(({ layer, head }) => `${layer} ${head}`);
    const replaces = entry.what === 'uniform' || entry.what === 'freeze' || isPatternPatch(entry);
    if (entry.what === 'sigmoid') for (const head of heads) isSigmoid.add(head);
    else if (replaces && entry.rows === undefined) for (const head of heads) isSigmoid.delete(head);
    else if (
      (entry.what === 'temperature' || entry.what === 'calibrate') &&
      heads.some((head) => isSigmoid.has(head))
    ) {
      throw refused(
        entry,
        'after Sigmoid, whose weights are not normalised, there is nothing that it could work on.',
        `Move it before Sigmoid.`,
      );
    }
  }
}

const isPatternPatch = ({ what, parameters }: Intervention) => what === 'patch' && parameters?.['what'] === 'pattern';
