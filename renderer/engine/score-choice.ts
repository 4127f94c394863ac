/** Which scores the engine is asked for, and with which parameters. Pure. */
import type { ScoreInfo, ScoreParameters } from '../../shared/model/score.ts';
import type { ModelState } from '../state/model-state.ts';
import type { ScoresState } from '../state/scores-state.ts';

export interface ScoreChoice {
  readonly scores: string[];
  readonly scoreParameters: Record<string, Record<string, number>>;
}

/** Whether the prompt on screen can have it: others need a probe set, which has answers. */
export function isOfRun({ cost, data }: ScoreInfo): boolean {
  return cost !== 'weights' && data !== 'needle' && data !== 'choices';
}

/** Parameters that differ from the defaults, as one text. */
export function parametersText(parameters: ScoreParameters | undefined): string {
  return JSON.stringify(Object.entries(parameters ?? {}).toSorted());
}

/** Of one run: what costs another pass, and what costs nothing but is wanted with other parameters. */
export function furtherChoice({ list, parameters }: Pick<ScoresState, 'list' | 'parameters'>): ScoreChoice {
  const wanted = list.filter(
    (info) => isOfRun(info) && (info.cost === 'pass' || (info.cost === 'run' && isChanged(parameters[info.id]))),
  );
  return choiceOf(wanted, parameters);
}

export function weightsChoice({ list, parameters }: Pick<ScoresState, 'list' | 'parameters'>): ScoreChoice {
  return choiceOf(
    list.filter(({ cost }) => cost === 'weights'),
    parameters,
  );
}

/** Names the scores of the weights that are on screen: those of a session file while its model is not open. */
export function weightsOnScreen(
  scores: Pick<ScoresState, 'list' | 'parameters'>,
  { live }: Pick<ModelState, 'live'>,
): string {
  return live ? JSON.stringify(weightsChoice(scores)) : STORED_WEIGHTS;
}

export const STORED_WEIGHTS = 'stored';

export function choiceOf(wanted: readonly ScoreInfo[], parameters: ScoresState['parameters']): ScoreChoice {
  const own = Object.fromEntries(wanted.flatMap(({ id }) => (parameters[id] ? [[id, parameters[id]]] : [])));
  return { scores: wanted.map(({ id }) => id), scoreParameters: changedParameters(own) };
}

/** Those that were changed, by score. */
export function changedParameters(parameters: ScoresState['parameters']): ScoreChoice['scoreParameters'] {
  const changed = Object.entries(parameters).filter(([, values]) => isChanged(values));
  return Object.fromEntries(changed.map(([id, values]) => [id, { ...values }]));
}

function isChanged(parameters: ScoreParameters | undefined): boolean {
  return Object.keys(parameters ?? {}).length > 0;
}
