import { useEffect, useMemo, useState } from 'react';
import type { DecodeRecord } from '../../shared/model/lab.ts';
import { formatHead } from '../../shared/model/head-id.ts';
import { formatCount, formatNumber, formatProbability } from '../../shared/view/format.ts';
import { agreement, firstDifference } from '../../shared/view/lab/parting.ts';
import { budgetText, choiceName } from '../../shared/view/lab/series.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { useData, useKeptData } from '../app/use-data.ts';
import { useLast } from '../app/use-last.ts';
import { Badge } from '../components/Badge.tsx';
import { Button } from '../components/Button.tsx';
import { FieldProblemsProvider, useFirstProblem } from '../components/field-problems.tsx';
import { Message } from '../components/Message.tsx';
import { Segmented } from '../components/Segmented.tsx';
import { StepTable } from '../generation/StepTable.tsx';
import { BudgetPlot } from '../lab-kept/BudgetPlot.tsx';
import { keyInQuestion } from '../lab-kept/kept-demands.ts';
import { QUANTITY_WORDS } from '../lab-kept/kept-quantities.ts';
import { KeptAtlas } from '../lab-kept/KeptAtlas.tsx';
import { KeptRibbon } from '../lab-kept/KeptRibbon.tsx';
import { KeyPanel } from '../lab-kept/KeyPanel.tsx';
import { StepStrip } from '../lab-kept/StepStrip.tsx';
import { tokenName } from '../lab-kept/token-names.ts';
import { decodeKey, keptRowsKey, methodKeyKey, methodRowKey, methodStepKey, METHODS_KEY } from '../lab/lab-keys.ts';
import { decodeView, stepMeans, type DecodeView } from './decode-view.ts';
import { OtherPrompt } from '../lab/OtherPrompt.tsx';
import { DecodeForm } from './DecodeForm.tsx';
import { DecodeTexts } from './DecodeTexts.tsx';
import { StepScrubber } from './StepScrubber.tsx';
import '../lab-kept/kept.css';
import './decode.css';

/** Tokens generated under a method, step by step, beside those of dense attention. */
export function DecodePanel() {
  const { session } = useApp();
  const isLive = useAppState(({ model }) => model.live);
  const methods = useData(METHODS_KEY);
  const id = useAppState(({ decode }) => decode.result);
  const modelId = useAppState(({ model }) => model.info?.modelId);
  const result = useData(id === undefined ? undefined : decodeKey(id));
  const record = result?.status === 'ready' && result.value.about.modelId === modelId ? result.value : undefined;
  useEffect(() => {
    if (isLive) void session.lab.loadMethods();
  }, [session, isLive]);

  return (
    <section className="hs-effects" aria-label="Generated tokens step by step">
      <div className="hs-effects__body">
        <FieldProblemsProvider>
          {methods?.status === 'ready' && <DecodeForm methods={methods.value} />}
          {methods?.status === 'failed' && <Message bad text={methods.error.message} hint={methods.error.hint} />}
          {record ? (
            <DecodeRead record={record} />
          ) : (
            <p className="hs-effects__hint">
              The model goes on from the prompt twice, greedily: with all keys, and with those that the method keeps,
              which it chooses anew at every step from its own states. Each step then shows which keys each head still
              had, what it would have looked at, and where the two texts part.
            </p>
          )}
        </FieldProblemsProvider>
      </div>
    </section>
  );
}

function DecodeRead({ record }: { readonly record: DecodeRecord }) {
  const { session } = useApp();
  const under = useAppState(({ decode }) => decode.under);
  const step = useAppState(({ decode }) => decode.step);
  const head = useAppState(({ edit }) => edit.head);
  const { failed, job } = useAppState(({ decode }) => decode);
  const view = useMemo(() => decodeView(record, { under, step }, head), [record, under, step, head]);
  const { dense, method, info, about } = record;
  const { budget, origins, parameters } = method.resolved;
  const given = Object.fromEntries(Object.entries(parameters).filter(([id]) => origins[id] === 'given'));
  const choice = { method: method.method, parameters: given };
  const name = `${choiceName(choice, info)}${budget === null ? '' : ` @ ${budgetText({ keys: budget }, info)}`}`;
  const difference = firstDifference(dense, method);
  const common = agreement(dense, method);

  return (
    <>
      <OtherPrompt about={about} />
      {failed && !job && (
        <p className="hs-lab__other hs-small" role="note">
          What follows was generated before, under {name}.
        </p>
      )}
      <div className="hs-decode__head">
        <h3>
          {name} <span className="hs-dim">beside dense attention</span>
        </h3>
        <Badge badge="generated" />
        <span className="hs-small hs-dim">
          {about.question === 'seen' ? 'question seen by the selector' : 'question not seen by the selector'}, method
          from token {formatCount(method.promptLength)} on;{' '}
          {difference === null
            ? 'both texts are the same'
            : `texts part at step ${difference + 1}, ${Math.round(100 * common)}% of the tokens are the same`}
        </span>
      </div>
      {method.notes.length > 0 && <p className="hs-small hs-dim">{method.notes.join(' ')}</p>}
      <DecodeTexts
        name={info.name}
        dense={dense}
        method={method}
        difference={difference}
        under={under}
        step={view?.step ?? 0}
        onStep={(next, at) => session.decode.look({ under: next, step: at })}
      />
      {view ? (
        <DecodeStep record={record} view={view} difference={difference} />
      ) : (
        <Message
          text={`${under === 'dense' ? 'Dense attention' : info.name} generated no token: the text ended at once.`}
          hint="Look at the other one, or ask for a longer prompt."
        />
      )}
    </>
  );
}

interface DecodeStepProps {
  readonly record: DecodeRecord;
  readonly view: DecodeView;
  readonly difference: number | null;
}

function DecodeStep({ record, view, difference }: DecodeStepProps) {
  const { session } = useApp();
  const under = useAppState(({ decode }) => decode.under);
  const pinned = useAppState(({ decode }) => decode.key);
  const hover = useAppState(({ ui }) => ui.keptHover);
  const [quantity, setQuantity] = useState<'lostMass' | 'read'>('lostMass');
  const { generation, trace, step, query, head, isDense, about } = view;
  const token = generation.tokens[step]!;
  const key = pinned !== null && pinned <= query ? pinned : null;
  const asked = keyInQuestion({ pinned: key, hover, query });
  const scope = trace ?? '';
  const rows = useKeptData(trace === null ? undefined : keptRowsKey(trace, head.layer, head.head), scope);
  const { layer } = rows.value ?? head;
  const window = useAppState(({ model }) => model.info?.slidingWindow[layer] ?? null);
  const isRow = trace !== null && !isDense;
  const read = useKeptData(isRow ? methodStepKey(trace, query) : undefined, scope);
  const row = useKeptData(isRow ? methodRowKey(trace, head.layer, head.head, query) : undefined, scope);
  const found = useKeptData(isRow && asked ? methodKeyKey(trace, asked.query, asked.key) : undefined, scope);
  // What was read may be there without probabilities: of a session.
  const { error: failure } = rows;
  const refused = read.error;
  const ofStep = refused ? undefined : read.value;
  const means = ofStep && stepMeans(ofStep);
  // Past the first other token the texts before the step are others, and their probabilities answer other questions.
  const comparable = difference === null || step <= difference;
  const lines = (['dense', 'method'] as const).flatMap((each) => {
    const at = record[each].tokens[step];
    return at && (comparable || each === under)
      ? [{ id: each, name: each, isChanged: each === 'method', token: at }]
      : [];
  });

  // Whole sentences: numbers of one query are not put under the name of another while its own are on their way.
  const told = `Predicted by query ${tokenName(about.displays, query)}`;
  const said = useLast(
    isDense
      ? `${told}, the last of the prompt: it reads everything, because the method begins after it.`
      : !means
        ? `${told}.`
        : read.stale || (row.stale && !row.error)
          ? undefined
          : `${told}: a head reads ${formatNumber(means.read)} of ${formatCount(query + 1)} keys and misses ${formatProbability(means.lost)} of its dense attention, means over ${formatCount(about.layers * about.heads)} heads${row.value && !row.stale ? `; ${formatHead(head)} reads ${formatCount(row.value.keys.length)} and misses ${formatProbability(row.value.lostMass)}` : ''}.`,
  );

  const problem = useFirstProblem();
  const generateAgain = (
    <Button small disabled={problem !== undefined} title={problem} onClick={() => void session.decode.generate(true)}>
      Generate again
    </Button>
  );
  return (
    <div className="hs-kept">
      <div className="hs-decode__bar">
        <Segmented
          label="Which text is looked at"
          value={under}
          onChange={(next) => session.decode.look({ under: next })}
          options={[
            { value: 'dense', label: 'Dense' },
            { value: 'method', label: record.info.name, title: record.info.name },
          ]}
        />
        <StepScrubber
          steps={generation.tokens.length}
          step={step}
          text={`step ${step + 1} of ${generation.tokens.length}: ${token.display}, p = ${formatProbability(token.prob)}`}
          onStep={(next) => session.decode.look({ step: next })}
        />
      </div>
      <p className="hs-small hs-dim" aria-live="polite">
        {said}
      </p>
      <div className="hs-kept__parts">
        {trace === null ? (
          <Message
            text="What was read for these tokens was too much to be kept."
            hint="Generate fewer tokens, or shorten the prompt."
          />
        ) : failure ? (
          <Message bad text={failure.message} hint={failure.hint}>
            {generateAgain}
          </Message>
        ) : (
          <div className="hs-kept__tokens">
            {refused && (
              <p className="hs-kept__hint">
                {refused.message} {refused.hint} {generateAgain}
              </p>
            )}
            {!isDense && (
              <StepStrip view={view} rows={rows.value} step={ofStep} refused={refused} window={window} pinned={key} />
            )}
            <KeptRibbon view={view} rows={rows.value} window={window} pinned={key} />
          </div>
        )}
        <div className="hs-kept__heads hs-decode__side">
          <section className="hs-step" aria-label="What might have followed">
            <h3>
              Next token{' '}
              <span className="hs-dim">
                probability{comparable ? '' : '; the texts before it differ, so only one is shown'}
              </span>
            </h3>
            <StepTable lines={lines} />
          </section>
          {ofStep && !isDense && (
            <section aria-label="Heads at the step">
              <div className="hs-kept__head">
                <h3>Heads at this step</h3>
                <Segmented
                  label="Quantity"
                  value={quantity}
                  onChange={setQuantity}
                  options={(['lostMass', 'read'] as const).map((value) => ({
                    value,
                    label: QUANTITY_WORDS[value].name,
                    title: QUANTITY_WORDS[value].meaning,
                  }))}
                />
              </div>
              <KeptAtlas view={view} quantity={quantity} step={ofStep} />
            </section>
          )}
        </div>
        {trace !== null && !failure && !isDense && (
          <KeyPanel
            view={view}
            asked={asked}
            found={found.value}
            step={ofStep}
            error={found.error}
            reads={rows.value}
            window={window}
            pinned={key}
            stale={found.stale}
          />
        )}
        {ofStep && !isDense && <BudgetPlot view={view} step={ofStep} />}
      </div>
    </div>
  );
}
