import { useState } from 'react';
import type { MethodInfo } from '../../shared/model/method.ts';
import { formatDuration } from '../../shared/view/format.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { useData } from '../app/use-data.ts';
import { Button } from '../components/Button.tsx';
import { useFirstProblem } from '../components/field-problems.tsx';
import { Message } from '../components/Message.tsx';
import { ProgressBar } from '../components/ProgressBar.tsx';
import { Switch } from '../components/Switch.tsx';
import { summaryKey } from '../engine/data-keys.ts';
import { BudgetField } from '../lab/BudgetField.tsx';
import { questionStartOf } from '../lab/lab-requests.ts';
import { NumberSetting } from '../components/NumberSetting.tsx';
import { MethodParameterForm } from '../lab/MethodParameterForm.tsx';

const MOST_TOKENS = 4096;

/** The method, its budget, where it begins, and how long the continuation is to be. */
export function DecodeForm({ methods }: { readonly methods: readonly MethodInfo[] }) {
  const { session } = useApp();
  const [isOpen, setOpen] = useState(false);
  const choice = useAppState(({ edit }) => edit.decode.choice);
  const maxTokens = useAppState(({ edit }) => edit.decode.maxTokens);
  const settings = useAppState(({ lab }) => lab.settings);
  const model = useAppState((state) => state.model.info);
  const clean = useAppState(({ run }) => run.clean);
  const summary = useData(clean && summaryKey(clean.key));
  const prompt = summary?.status === 'ready' ? summary.value : undefined;
  const info = methods.find(({ id }) => id === choice.method);
  const cut = prompt && prompt.tokens.length > 1 ? questionStartOf(settings, prompt) : undefined;
  const isSeen = settings.question === 'seen';
  const promptLength = isSeen ? (prompt?.tokens.length ?? 1) : (cut ?? 1);

  return (
    <>
      <div className="hs-effects__form">
        <label className="hs-effects__field" title={info && `${info.definition} ${info.source}`}>
          <span>method</span>
          <select
            className="hs-select hs-effects__select"
            value={choice.method}
            onChange={({ target }) =>
              session.decode.set({ choice: { method: target.value, parameters: {}, budget: choice.budget } })
            }
          >
            {methods
              .filter(({ id }) => id !== 'dense')
              .map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
          </select>
        </label>
        {info?.budget && (
          <BudgetField
            key={choice.method}
            label="budget"
            title={`${info.budget.meaning} Empty: as published, scaled to the prompt.`}
            placeholder="as published, scaled"
            most={1}
            value={choice.budget === null ? [] : [choice.budget]}
            onChange={([budget = null]) => session.decode.set({ choice: { ...choice, budget } }, 'budget')}
          />
        )}
        {info && info.parameters.length > 0 && (
          <Button small look="quiet" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            Parameters{Object.keys(choice.parameters).length > 0 ? ' (set)' : ''}
          </Button>
        )}
        <NumberSetting
          label="tokens"
          title="Of the continuation, at most; greedy."
          value={maxTokens}
          min={1}
          max={MOST_TOKENS}
          onChange={(next) => session.decode.set({ maxTokens: next }, 'tokens')}
        />
        {cut !== undefined && prompt && (
          <NumberSetting
            label="question from token"
            title="What stands before it is context. The same cut as in the method lab."
            value={cut}
            min={1}
            max={prompt.tokens.length - 1}
            onChange={(questionStart) => session.lab.set({ questionStart }, 'cut')}
          />
        )}
        <Switch
          label="selector sees the question"
          checked={isSeen}
          title={
            isSeen
              ? 'Keys are chosen at the end of the prompt; the row that predicts the first token is dense.'
              : 'Keys are chosen at the end of the context, before the question is known.'
          }
          onChange={(seen) => session.lab.set({ question: seen ? 'seen' : 'unseen' })}
        />
      </div>
      {isOpen && info && model && (
        <MethodParameterForm
          key={info.id}
          info={info}
          sizes={{ layers: model.layers, promptLength }}
          budgets={choice.budget === null ? [] : [choice.budget]}
          given={choice.parameters}
          onChange={(parameters) => session.decode.set({ choice: { ...choice, parameters } })}
        />
      )}
      <DecodeRun refusal={prompt && prompt.tokens.length < 2 ? 'The prompt has but one token.' : undefined} />
    </>
  );
}

function DecodeRun({ refusal }: { readonly refusal: string | undefined }) {
  const { session } = useApp();
  const job = useAppState(({ decode }) => decode.job);
  const failed = useAppState(({ decode }) => decode.failed);
  const isLive = useAppState(({ model }) => model.live);
  const stale = useAppState(({ run }) => run.stale);
  const isStored = useAppState(({ run }) => run.clean?.stored !== undefined);
  const partial = job?.progress?.partial;
  const eta = job?.progress?.etaMs ?? undefined;
  const problem = useFirstProblem();
  const none = isLive ? undefined : 'There is no model to compute it with.';
  const why = refusal ?? problem ?? none ?? (stale ? 'The runs on screen are being made again.' : undefined);
  return (
    <div className="hs-effects__run">
      {job ? (
        <>
          <Button onClick={() => session.decode.cancel()}>Cancel</Button>
          <span className="hs-effects__progress">
            <ProgressBar label="Generating" progress={job.progress} />
          </span>
          <span className="hs-dim hs-small" aria-live="polite">
            {job.phase}
            {job.progress ? `: ${job.progress.phase}` : ''}
            {eta === undefined ? '' : `, about ${formatDuration(eta)} left`}
          </span>
          {partial && <span className="hs-decode__partial">{partial.text}</span>}
        </>
      ) : isStored && isLive ? (
        <>
          <Button onClick={() => void session.goLive()}>Run the prompt</Button>
          <span className="hs-dim">What is on screen comes from a file: the model has to run it once more.</span>
        </>
      ) : (
        <>
          <Button
            look="primary"
            disabled={why !== undefined}
            title={why}
            onClick={() => void session.decode.generate()}
          >
            Generate under the method
          </Button>
          <span className="hs-dim">{why ?? 'Greedily, beside dense attention.'}</span>
        </>
      )}
      {failed && !job && <Message bad text={failed.message} hint={failed.hint} />}
    </div>
  );
}
