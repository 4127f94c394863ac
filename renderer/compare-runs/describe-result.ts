/** Which result a picture is of, in words. Pure. */
import { changedHeads } from '../../shared/model/changed-heads.ts';
import type { HeadId } from '../../shared/model/head-id.ts';
import { parseInterventions } from '../../shared/model/intervention-text.ts';
import { plural } from '../../shared/view/format.ts';
import type { Reference } from '../state/reference-state.ts';
import type { PromptSource } from '../state/run-state.ts';
import { sameSource } from '../state/selectors.ts';

/** What tells one result from another. */
export type Result = Omit<Reference, 'id'>;

const EXCERPT_LETTERS = 60;

/** `128 tokens of “When Mary and John …”, L1H3=zero, final norm frozen` */
export function describeResult(result: Result): string {
  const { source, tokens, interventions } = result;
  const prompt = `${plural(tokens, 'token')} of ${excerpt(source)}`;
  if (interventions === '') return prompt;
  return `${prompt}, ${interventions.replaceAll(',', ', ')}${isFrozen(result) ? ', final norm frozen' : ''}`;
}

function isFrozen({ interventions, finalNorm }: Result): boolean {
  return interventions !== '' && finalNorm === 'frozen';
}

/** Heads that something is done to. */
export function headsChanged(result: Result): readonly HeadId[] {
  return changedHeads(parseInterventions(result.interventions), result);
}

/** The beginning of a prompt. */
function excerpt(source: PromptSource): string {
  const text = (source.kind === 'ids' ? source.ids : source.text).trim().replaceAll(/\s+/g, ' ');
  const letters = Array.from(text);
  const shown = letters.length > EXCERPT_LETTERS ? `${letters.slice(0, EXCERPT_LETTERS).join('')}…` : text;
  return source.kind === 'ids' ? `ids ${shown}` : `“${shown}”`;
}

function samePrompt(a: Result, b: Result): boolean {
  return sameSource(a.source, b.source) && a.tokens === b.tokens;
}

/** The same model, prompt, interventions and final norm: nothing is there to differ. */
export function sameResult(a: Result, b: Result): boolean {
  return (
    a.modelId === b.modelId && samePrompt(a, b) && a.interventions === b.interventions && isFrozen(a) === isFrozen(b)
  );
}
