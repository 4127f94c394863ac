import type { LabAbout } from '../../shared/model/lab.ts';
import { formatCount, plural } from '../../shared/view/format.ts';
import { useAppState } from '../app/use-app-state.ts';
import { useData } from '../app/use-data.ts';
import { summaryKey } from '../engine/data-keys.ts';
import { isOfPrompt } from './of-prompt.ts';
import './lab.css';

/** Over results that are not of the prompt on screen: which one they are of. */
export function OtherPrompt({ about }: { readonly about: LabAbout }) {
  const clean = useAppState(({ run }) => run.clean);
  const summary = useData(clean && summaryKey(clean.key));
  if (summary?.status !== 'ready' || isOfPrompt(about, summary.value.tokens)) return null;
  const { prompt, answerStart, tokens } = about;
  const answer = answerStart === null ? '' : ` and an answer of ${formatCount(tokens - answerStart)}`;
  return (
    <p className="hs-lab__other hs-small" role="note" title={prompt}>
      Not of the prompt on screen, but of {plural(answerStart ?? tokens, 'token')}
      {answer}: “{prompt}”
    </p>
  );
}
