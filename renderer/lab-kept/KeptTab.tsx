import { useEffect, useState } from 'react';
import type { LabRecord } from '../../shared/model/lab.ts';
import { formatCount } from '../../shared/view/format.ts';
import { formatKeys } from '../../shared/view/lab/formats.ts';
import { MEASURE_WORDS } from '../../shared/view/lab/measures.ts';
import { rowBudget } from '../../shared/view/lab/row-budget.ts';
import { choiceName } from '../../shared/view/lab/series.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { useKeptData } from '../app/use-data.ts';
import { Badge } from '../components/Badge.tsx';
import { Button } from '../components/Button.tsx';
import { Message } from '../components/Message.tsx';
import { Segmented } from '../components/Segmented.tsx';
import { keptRowsKey, methodKeyKey, methodStepKey } from '../lab/lab-keys.ts';
import { isGone } from '../lab/lost-rows.ts';
import { useLabRecord } from '../lab/use-lab-record.ts';
import { RunAgain, useIsMadeAgain } from '../lab-maps/RunAgain.tsx';
import { patch } from '../state/store.ts';
import { BudgetPlot } from './BudgetPlot.tsx';
import { keyInQuestion } from './kept-demands.ts';
import { KEPT_QUANTITIES, QUANTITY_WORDS, type KeptQuantity } from './kept-quantities.ts';
import { chosenRow, keptView, type KeptView } from './kept-view.ts';
import { KeptAtlas } from './KeptAtlas.tsx';
import { KeptRibbon } from './KeptRibbon.tsx';
import { KeyPanel } from './KeyPanel.tsx';
import { QueryScrubber } from './QueryScrubber.tsx';
import { StepStrip } from './StepStrip.tsx';
import { showQuery } from './use-kept-moves.ts';
import './kept.css';

/** The keys that a method keeps: by head, by token and step. */
export function KeptTab() {
  const { store } = useApp();
  const record = useLabRecord();
  const row = useAppState(({ lab }) => lab.row);
  const query = useAppState(({ lab }) => lab.query);
  const head = useAppState(({ edit }) => edit.head);
  if (!record || record.rows.length === 0) {
    return (
      <Message text="No methods have been compared on this prompt yet." hint="What they keep is shown here afterwards.">
        <Button onClick={() => patch(store, 'lab', { shown: 'compare' })}>Compare methods</Button>
      </Message>
    );
  }
  const view = keptView(record, { row, query }, head);
  const failed = chosenRow(record, { row })?.error;
  return (
    <div className="hs-kept">
      <RowChooser record={record} view={view} />
      {view ? (
        <KeptPanels view={view} />
      ) : (
        <Message bad text={failed?.message ?? 'This method has no result.'} hint={failed?.hint}>
          <Button onClick={() => patch(store, 'lab', { shown: 'compare' })}>Compare methods</Button>
        </Message>
      )}
    </div>
  );
}

function RowChooser({ record, view }: { readonly record: LabRecord; readonly view: KeptView | undefined }) {
  const { store } = useApp();
  const row = useAppState(({ lab }) => lab.row);
  const { about } = record;
  return (
    <div className="hs-kept__chooser">
      <label className="hs-effects__field">
        <span>Method</span>
        <select
          className="hs-select hs-effects__select hs-kept__select"
          value={Math.min(row, record.rows.length - 1)}
          onChange={({ target }) => patch(store, 'lab', { row: Number(target.value) })}
        >
          {record.rows.map((one, at) => (
            <option key={at} value={at}>
              {choiceName(one.choice, one.info)}
              {one.info.budget && ` @ ${rowBudget(one).asked}`}
              {one.result === null && ' (failed)'}
            </option>
          ))}
        </select>
      </label>
      {view && (
        <>
          <Badge badge={view.result.badge} />
          <span className="hs-small hs-dim">
            {formatKeys(view.result.read)} keys read, {formatKeys(view.result.resident)} resident, lost mass{' '}
            {MEASURE_WORDS.lostMass.format(view.result.lostMass)};{' '}
            {view.first === view.last
              ? `query ${formatCount(view.first)} of ${formatCount(about.tokens)} is under the method`
              : `queries ${formatCount(view.first)} to ${formatCount(view.last)} of ${formatCount(about.tokens)} are under the method`}
            {view.result.denseHere && view.result.method !== 'dense' && '; dense at this length'}
            {about.answerStart !== null &&
              about.promptLength === about.answerStart &&
              view.first === about.promptLength &&
              `; query ${formatCount(view.first - 1)}, which predicts the first token of the answer, is dense`}
          </span>
        </>
      )}
    </div>
  );
}

function KeptPanels({ view }: { readonly view: KeptView }) {
  const { store, session } = useApp();
  const [quantity, setQuantity] = useState<KeptQuantity>('lostMass');
  const [over, setOver] = useState<'all' | 'query'>('all');
  const pinned = useAppState(({ lab }) => lab.key);
  const hover = useAppState(({ ui }) => ui.keptHover);
  const isMadeAgain = useIsMadeAgain();
  const { result, about, head, query, first, last } = view;
  const { trace } = result;
  const key = pinned !== null && pinned <= last ? pinned : null;
  const asked = keyInQuestion({ pinned: key, hover, query });

  const scope = trace ?? '';
  const rows = useKeptData(trace === null ? undefined : keptRowsKey(trace, head.layer, head.head), scope);
  const { layer } = rows.value ?? head;
  const window = useAppState(({ model }) => model.info?.slidingWindow[layer] ?? null);
  const step = useKeptData(trace === null ? undefined : methodStepKey(trace, query), scope);
  const found = useKeptData(trace === null || !asked ? undefined : methodKeyKey(trace, asked.query, asked.key), scope);
  // What is taken away under the pointer does not say that the pointer has left.
  useEffect(() => () => patch(store, 'ui', { keptHover: undefined }), [store]);
  // What was read may be there without the run: then only probabilities are refused.
  const failure = rows.error;
  const refused = step.error;
  const isMissing = isMadeAgain || isGone(failure) || isGone(refused);
  const ofStep = over === 'query' && !refused ? step.value : undefined;

  return (
    <>
      <QueryScrubber
        first={first}
        last={last}
        query={query}
        onQuery={(next) => showQuery(store, view, next)}
        lost={result.lostMassByQuery}
        displays={about.displays}
      />
      <div className="hs-kept__parts">
        {trace === null ? (
          <Message
            text="What this method read was too much to be kept."
            hint="Its means by head are below. A shorter prompt, fewer methods or fewer budgets leave room for the keys."
          />
        ) : failure ? (
          <div className="hs-kept__tokens">
            {isMissing ? (
              <RunAgain about={about} />
            ) : (
              <Message bad text={failure.message} hint={failure.hint}>
                <Button onClick={() => session.retry(keptRowsKey(trace, head.layer, head.head))}>Try again</Button>
              </Message>
            )}
          </div>
        ) : (
          <div className="hs-kept__tokens">
            {isMissing ? (
              <RunAgain about={about} />
            ) : (
              refused && (
                <p className="hs-kept__hint">
                  {refused.message} {refused.hint}
                </p>
              )
            )}
            <StepStrip
              view={view}
              rows={rows.value}
              step={refused ? undefined : step.value}
              refused={refused}
              window={window}
              pinned={key}
            />
            <KeptRibbon view={view} rows={rows.value} window={window} pinned={key} />
          </div>
        )}
        <section className="hs-kept__heads" aria-label="Heads under the method">
          <div className="hs-kept__head">
            <h3>
              Heads by{' '}
              <select
                className="hs-select hs-effects__select"
                aria-label="Quantity"
                title={QUANTITY_WORDS[quantity].meaning}
                value={quantity}
                onChange={({ target }) => setQuantity(target.value as KeptQuantity)}
              >
                {KEPT_QUANTITIES.map((id) => (
                  <option key={id} value={id}>
                    {QUANTITY_WORDS[id].name.toLowerCase()}
                  </option>
                ))}
              </select>
            </h3>
            <Segmented<'all' | 'query'>
              label="Queries that heads are read over"
              value={over}
              onChange={setOver}
              options={[
                { value: 'all', label: 'All queries' },
                {
                  value: 'query',
                  label: 'This query',
                  disabled: trace === null || refused !== undefined,
                  title: refused
                    ? refused.message
                    : QUANTITY_WORDS[quantity].ofQuery
                      ? 'At the query that is looked at'
                      : `${QUANTITY_WORDS[quantity].name} is measured over all queries alone`,
                },
              ]}
            />
          </div>
          <KeptAtlas view={view} quantity={quantity} step={ofStep} />
        </section>
        {trace !== null && !failure && (
          <KeyPanel
            view={view}
            asked={asked}
            found={found.value}
            step={refused ? undefined : step.value}
            error={found.error}
            reads={rows.value}
            window={window}
            pinned={key}
            stale={found.stale}
          />
        )}
        <BudgetPlot view={view} step={ofStep} />
      </div>
    </>
  );
}
