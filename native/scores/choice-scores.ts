/**
 * How heads choose among the answers of a question (arXiv 2410.02343): by what the query of its last token has to do
 * with the key at the end of each choice.
 */
import { groupOf } from '../../shared/model/head-id.ts';
import { inverseFrequencies } from '../families/rope.ts';
import type { Score, ScoreContext } from './score.ts';

const AFTER_ROTATION = 1;
const SOURCE = 'Listening to the Wise Few: Select-and-Copy Attention Heads for Multiple-Choice QA (arXiv 2410.02343)';
const NO_QUESTION = 'Needs a question with choices: the probe set choices, or your own in a file.';

export const choiceQk: Score = {
  info: {
    id: 'choice-qk',
    name: 'QK choice',
    group: 'attribution',
    unit: 'share right',
    definition:
      'On questions with choices: share of questions in which, of the keys at the line ends that close the choices, the one that fits the query of the last token best (dot product, no softmax) closes the right choice; of keys that fit equally well each counts as its part. After rotation it is the choice that gets most attention.',
    source: `${SOURCE}, QK-score`,
    badge: 'exact',
    granularity: 'head',
    data: 'choices',
    cost: 'run',
    parameters: [
      {
        id: 'rotation',
        name: 'Rotation',
        meaning:
          'Whether query and key are taken before the rotary embedding, as the paper is read, or after it, as attention has them, where distance counts too. The same for a model without rotation.',
        default: 0,
        min: 0,
        max: 1,
        integer: true,
        choices: ['before', 'after'],
      },
    ],
    floor: '1 / choices',
    domain: [0, 1],
  },
  notApplicable: ({ question }) => (question === undefined ? NO_QUESTION : null),
  compute(context, layer, head, { rotation }) {
    const { correct } = context.question!;
    const scores = choiceProducts(context, layer, head, rotation === AFTER_ROTATION);
    const best = Math.max(...scores);
    const ties = scores.filter((score) => score === best).length;
    return scores[correct] === best ? 1 / ties : 0;
  },
  floor: ({ question }) => 1 / question!.ends.length,
};

export const choiceAttention: Score = {
  info: {
    id: 'choice-attention',
    name: 'Attention on the choice',
    group: 'attribution',
    unit: 'share',
    definition:
      'On questions with choices: attention of the last token on the line end that closes the right choice, as a share of its attention on those of all choices. Not defined where none of them is seen.',
    source: `${SOURCE}, attention score`,
    badge: 'exact',
    granularity: 'head',
    data: 'choices',
    cost: 'run',
    parameters: [],
    floor: '1 / choices',
    domain: [0, 1],
  },
  notApplicable: ({ question }) => (question === undefined ? NO_QUESTION : null),
  compute(context, layer, head) {
    const { row, ends, correct } = context.question!;
    const weights = ends.map((end) => context.probability(layer, head, row, end));
    const all = weights.reduce((sum, weight) => sum + weight, 0);
    return all > 0 ? weights[correct]! / all : NaN;
  },
  floor: ({ question }) => 1 / question!.ends.length,
};

export const choiceScores: readonly Score[] = [choiceQk, choiceAttention];

/**
 * Query of the question's row times the key at the end of each choice, [choices]. Not scaled; where the rotary
 * embedding also scales (YaRN), that stays in.
 */
export function choiceProducts(context: ScoreContext, layer: number, head: number, rotated: boolean): number[] {
  const { row, ends } = context.question!;
  const { heads, kvHeads, rope } = context.architecture;
  const { q, k } = context.capture.layers[layer]!;
  const turned = rotated || rope === null;
  const vectorOf = (tensor: Float32Array, of: number, own: number, position: number): Float64Array =>
    turned ? headAt(context, tensor, of, own, position) : unrotated(context, tensor, of, own, position);
  const query = vectorOf(q, heads, head, row);
  return ends.map((end) => {
    const key = vectorOf(k, kvHeads, groupOf(head, heads, kvHeads), end);
    return key.reduce((sum, value, d) => sum + value * query[d]!, 0);
  });
}

function headAt(
  { architecture: { headDim } }: ScoreContext,
  tensor: Float32Array,
  heads: number,
  head: number,
  position: number,
): Float64Array {
  const at = (position * heads + head) * headDim;
  return Float64Array.from(tensor.subarray(at, at + headDim));
}

function unrotated(
  context: ScoreContext,
  tensor: Float32Array,
  heads: number,
  head: number,
  position: number,
): Float64Array {
  const vector = headAt(context, tensor, heads, head, position);
  const half = vector.length / 2;
  const frequencies = inverseFrequencies(context.architecture.rope!, context.capture.tokens);
  for (let d = 0; d < half; d++) {
    const [x, y] = [vector[d]!, vector[half + d]!];
    const angle = position * frequencies[d]!;
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    vector[d] = x * c + y * s;
    vector[half + d] = y * c - x * s;
  }
  return vector;
}
