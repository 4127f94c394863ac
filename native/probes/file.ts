/** The probe set of the user's own prompts. */
import { AppError } from '../../shared/base/app-error.ts';
import type { ProbeInfo } from '../../shared/model/probe.ts';
import { fileIds, type FilePart } from '../tasks/file.ts';
import { startIds, type TaskContext } from '../tasks/task.ts';
import type { ProbeSample } from './probe.ts';
import { BOS_PARAMETER } from './bos.ts';

export const FILE_PROBE: ProbeInfo = {
  id: 'file',
  name: 'Your own prompts',
  description:
    'A file of JSON lines {"prompt"}, or {"prompt", "answer"}, each part a text or a list of token ids. Where the answer stands in its prompt exactly once, the retrieval score counts it as a needle.',
  parameters: [BOS_PARAMETER],
  unavailable: null,
};

export interface ProbeFileItem {
  readonly prompt: FilePart;
  readonly answer?: FilePart | undefined;
}

/** BOS stands before a text prompt where the context's model has it so. Throws `token-out-of-range`, `no-tokenizer`. */
export function fileProbeSample(
  context: TaskContext,
  { prompt: part, answer: answerPart }: ProbeFileItem,
  index: number,
): ProbeSample {
  const start = typeof part === 'string' ? startIds(context) : [];
  const prompt = Int32Array.from([...start, ...fileIds(context, part, index)]);
  const answer = Int32Array.from(answerPart === undefined ? [] : fileIds(context, answerPart, index));
  if (prompt.length === 0) throw new AppError('prompt-empty', `Prompt ${index + 1} of the file has no tokens.`);
  return { prompt, answer, answerSpan: onlyPlace(prompt, answer) };
}

/** Where `part` stands in `whole`; null where it stands nowhere or more than once. */
function onlyPlace(whole: Int32Array, part: Int32Array): ProbeSample['answerSpan'] {
  if (part.length === 0) return null;
  const places: number[] = [];
  for (let start = 0; start + part.length <= whole.length && places.length < 2; start++) {
    if (part.every((id, i) => whole[start + i] === id)) places.push(start);
  }
  return places.length === 1 ? { start: places[0]!, end: places[0]! + part.length } : null;
}
