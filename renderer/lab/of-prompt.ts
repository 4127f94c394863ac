/** Whether a result is of the prompt on screen. Pure. */
import type { LabAbout } from '../../shared/model/lab.ts';
import type { TokenView } from '../../shared/model/token-view.ts';

/** Without its answer, a result has these tokens. */
export function isOfPrompt(
  { displays, answerStart }: Pick<LabAbout, 'displays' | 'answerStart'>,
  tokens: readonly Pick<TokenView, 'display'>[],
): boolean {
  const own = answerStart ?? displays.length;
  return own === tokens.length && tokens.every(({ display }, at) => display === displays[at]);
}
