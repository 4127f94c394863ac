import { useEffect } from 'react';
import { plural } from '../../shared/view/format.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { useData } from '../app/use-data.ts';
import { Badge } from '../components/Badge.tsx';
import { Button } from '../components/Button.tsx';
import { ProgressBar } from '../components/ProgressBar.tsx';
import { Switch } from '../components/Switch.tsx';
import { summaryKey } from '../engine/data-keys.ts';
import { inIdMode } from '../state/selectors.ts';
import { answerKeyOf } from './lab-controller.ts';
import { questionStartOf } from './lab-requests.ts';
import { NumberSetting } from '../components/NumberSetting.tsx';
import { PromptCut } from './PromptCut.tsx';

/** Of the needle prompt that is taken. */
const NEEDLE_TOKENS = 512;

/** What methods are compared on: context, question and answer, and what the choice of keys may look at. */
export function PromptForm() {
  const { session } = useApp();
  const settings = useAppState(({ lab }) => lab.settings);
  const clean = useAppState(({ run }) => run.clean);
  const info = useAppState(({ model }) => model.info);
  const isIds = useAppState(inIdMode);
  const isLive = useAppState(({ model }) => model.live);
  const job = useAppState(({ lab }) => lab.job);
  const failed = useAppState(({ lab }) => lab.failed);
  const summary = useData(clean && summaryKey(clean.key));
  const answer = useData(useAppState(answerKeyOf));
  const prompt = summary?.status === 'ready' ? summary.value : undefined;
  useEffect(() => {
    void session.lab.loadAnswer();
  }, [session, settings.answer, clean?.key]);
  if (!prompt || !info || prompt.tokens.length < 2) {
    return <p className="hs-dim">The prompt has no context and question yet: run one with two tokens or more.</p>;
  }
  const n = prompt.tokens.length;
  const cut = questionStartOf(settings, prompt);
  const answerTokens = answer?.status === 'ready' ? answer.value.tokens : [];
  const isWriting = job?.kind === 'answer';
  const isSeen = settings.question === 'seen';
  const failure = answer?.status === 'failed' ? answer.error : failed?.kind === 'answer' ? failed.error : undefined;

  return (
    <div className="hs-lab__prompt">
      <PromptCut
        tokens={prompt.tokens}
        answer={answerTokens}
        cut={cut}
        onCut={(questionStart) => session.lab.set({ questionStart }, 'cut')}
      />
      <div className="hs-effects__form">
        <NumberSetting
          label="question from token"
          title="What stands before it is context."
          value={cut}
          min={1}
          max={n - 1}
          onChange={(questionStart) => session.lab.set({ questionStart }, 'cut')}
        />
        {settings.questionStart === null ? (
          <span className="hs-dim hs-small">where it seems to begin</span>
        ) : (
          <Button small look="quiet" onClick={() => session.lab.set({ questionStart: null })}>
            Guess
          </Button>
        )}
        <span className="hs-dim hs-small">
          <span className="hs-lab__legend">context</span> {cut}{' '}
          <span className="hs-lab__legend hs-lab__token--question">question</span> {n - cut}{' '}
          <span className="hs-lab__legend hs-lab__token--answer">answer</span> {answerTokens.length}
        </span>
      </div>
      <div className="hs-effects__form">
        <label
          className="hs-effects__field"
          title={
            isIds
              ? 'Token ids, separated by commas.'
              : 'As it goes on from the prompt: most tokenizers want a blank in front.'
          }
        >
          <span>answer</span>
          <input
            className="hs-field hs-lab__answer"
            value={settings.answer}
            placeholder="none"
            onChange={({ target }) => session.lab.set({ answer: target.value, answerFrom: 'typed' }, 'answer')}
          />
        </label>
        {settings.answerFrom === 'generated' && settings.answer !== '' && <Badge badge="generated" />}
        {settings.answerFrom === 'task' && settings.answer !== '' && (
          <span className="hs-dim hs-small">the task’s own</span>
        )}
        {isWriting ? (
          <>
            <Button small onClick={() => session.lab.cancel()}>
              Cancel
            </Button>
            <span className="hs-effects__progress">
              <ProgressBar label={job.phase} progress={job.progress} />
            </span>
          </>
        ) : (
          <>
            <Button
              small
              disabled={!isLive || job !== undefined}
              title={`Dense attention goes on from the prompt, at most ${plural(settings.maxTokens, 'token')}.`}
              onClick={() => void session.lab.denseAnswer()}
            >
              Dense answer
            </Button>
            <Button
              small
              disabled={!isLive || isIds || job !== undefined}
              title="A prompt of the needle task in place of the one in the editor, with its question and its answer."
              onClick={() => void session.lab.takeSample('needle', { length: Math.min(NEEDLE_TOKENS, info.context) })}
            >
              Take a needle prompt
            </Button>
          </>
        )}
        {failure && (
          <span className="hs-field-bad" role="alert">
            {failure.message} {failure.hint}
          </span>
        )}
      </div>
      <div className="hs-effects__form">
        <Switch
          label="selector sees the question"
          checked={isSeen}
          onChange={(seen) => session.lab.set({ question: seen ? 'seen' : 'unseen' })}
        />
        <span className="hs-dim hs-small">
          {isSeen
            ? 'Keys are chosen after the question; the row that predicts the first token of the answer is dense.'
            : 'Keys are chosen at the end of the context, before the question is known; question and answer are under the method.'}
        </span>
      </div>
    </div>
  );
}
