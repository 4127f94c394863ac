/** What a score takes and costs, in words. Pure. */
import type { ScoreCost, ScoreData, ScoreInfo } from '../../shared/model/score.ts';

export const DATA_WORDS: Readonly<Record<ScoreData, string>> = {
  text: 'any prompt',
  repeat: 'a prompt that is one sequence twice',
  needle: 'needles with their answers',
  weights: 'nothing but the weights',
  choices: 'questions with several choices',
};
const COST_WORDS: Readonly<Record<ScoreCost, string>> = {
  run: 'nothing beyond the run',
  pass: 'one more pass over each layer',
  weights: 'reading the weights, once a model',
  forwards: 'at least one more forward a head',
};

/** Beyond the run; where no run on screen can have the score, all of it, for a prompt of the probe set. */
export function costText({ cost, data }: Pick<ScoreInfo, 'cost' | 'data'>): string {
  if (data === 'needle') return 'decoding the answer, once a prompt for all heads';
  if (data === 'choices') return 'one forward a question, for all heads';
  return COST_WORDS[cost];
}

/** Beside a score in the list of those that a probe set can be scored with; undefined where it comes with the run. */
export function costNote({ cost, data }: Pick<ScoreInfo, 'cost' | 'data'>): string | undefined {
  if (data === 'needle') return 'decodes answers';
  if (data === 'choices') return 'needs choices';
  return cost === 'forwards' ? 'costs forwards for each head' : undefined;
}

/** What a probe run computes where no score is ticked. */
export const ALL_SCORES = 'none ticked: all but those that cost forwards for each head';
