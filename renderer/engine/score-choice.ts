/** Which scores the engine is asked for, and with which parameters. Pure. */
import type { ScoreInfo, ScoreParameters } from '../../shared/model/score.ts';
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

export function choiceOf(wanted: readonly ScoreInfo[], parameters: ScoresState['parameters']): ScoreChoice {
  const changed = wanted.flatMap(({ id }) => (isChanged(parameters[id]) ? [[id, { ...parameters[id] }] as const] : []));
  return { scores: wanted.map(({ id }) => id), scoreParameters: Object.fromEntries(changed) };
}

function isChanged(parameters: ScoreParameters | undefined): boolean {
  return Object.keys(parameters ?? {}).length > 0;
}
