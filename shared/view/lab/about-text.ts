/** What a comparison of methods is of, in sentences. */
import type { LabAbout } from '../../model/lab.ts';
import type { Badge } from '../../model/badge.ts';
import type { Fidelity } from '../../model/method-result.ts';
import { formatCount, plural } from '../format.ts';

/** What each fidelity is and gives. */
export const FIDELITY_WORDS: Readonly<
  Record<Fidelity, { readonly name: Badge; readonly title: string; readonly gives: string }>
> = {
  F1: {
    name: 'layer-local',
    title: 'Layer-local: q, k and v of the dense run in every layer',
    gives: 'Recall, lost mass, output error, kept keys and costs. Errors are not carried on to later layers.',
  },
  F2: {
    name: 'propagated',
    title: 'Propagated: the tokens go through all layers under the method',
    gives: 'F1, and KL and the likelihood of the answer; keys are chosen from the states that errors have changed.',
  },
  F3: {
    name: 'generated',
    title: 'Generated: the answer is written under the method',
    gives: 'F2, and the greedy answer, whether it is right, and how it departs from the dense one.',
  },
};

/** `demo, 4 × 8 heads. 512 tokens: context to 487, question from 488, answer from 510. …` */
export function aboutLabText(about: LabAbout): string {
  const { model, layers, heads, tokens, prompt, questionStart, answerStart, promptLength, question, fidelity } = about;
  const parts = [
    questionStart === null ? 'all of it context' : `question from token ${formatCount(questionStart)}`,
    answerStart === null ? 'no answer' : `answer from token ${formatCount(answerStart)}`,
  ];
  const sees =
    question === 'seen'
      ? `The selector sees the question: queries from ${formatCount(promptLength)} on are under the method, and the first token of the answer is predicted by a dense row.`
      : `The selector does not see the question: queries from ${formatCount(promptLength)} on are under the method.`;
  return `${model}, ${layers} × ${heads} heads. ${plural(tokens, 'token')}, ${parts.join(', ')}: “${prompt}” ${sees} ${fidelity}, ${FIDELITY_WORDS[fidelity].name}.`;
}
