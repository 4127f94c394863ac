import { useMemo, useState } from 'react';
import type { EffectMetric } from '../../shared/model/effect.ts';
import type { Intervention } from '../../shared/model/intervention.ts';
import { formatPlace, type Place } from '../../shared/model/place.ts';
import { formatNumber } from '../../shared/view/format.ts';
import { greedyPlot } from '../../shared/view/effects/line-plots.ts';
import { METRIC_WORDS } from '../../shared/view/effects/metric-words.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { Button } from '../components/Button.tsx';
import { useElementWidth } from '../components/use-element-width.ts';
import { selectHead, setInterventions } from '../state/edits.ts';
import { AboutResult } from './AboutResult.tsx';
import { LinePlot } from './LinePlot.tsx';
import { MetricSelect } from './MetricSelect.tsx';
import { NumberSetting } from '../components/NumberSetting.tsx';
import { RunRow } from './RunRow.tsx';
import { SweepForm } from './SweepForm.tsx';
import { useEffectResult } from './use-effect-result.ts';

const PLOT_PX = 260;
const LIST_PX = 210;

/** One place more at a time: how fast the effect grows, and with which heads. */
export function GreedyTab() {
  const { store, session } = useApp();
  const result = useEffectResult('greedy');
  const { metric, count } = useAppState(({ effects }) => effects.settings);
  const [shown, setShown] = useState<EffectMetric>();
  const [ref, width] = useElementWidth();
  const drawn = shown ?? result?.metric ?? 'kl';
  const data = useMemo(() => result && greedyPlot(result, drawn), [result, drawn]);

  const select = (place: Place) => selectHead(store, { layer: place.layer, head: 'head' in place ? place.head : 0 });
  const ablate = () => {
    if (!result) return;
    const entries = result.steps.map(({ place }): Intervention => ({ ...result.change, where: place }));
    const { interventions } = store.getState().edit;
    setInterventions(store, result.about.on === '' ? entries : [...interventions, ...entries]);
  };

  return (
    <>
      <SweepForm />
      <div className="hs-effects__form">
        <NumberSetting
          label="take"
          title="How many are changed together in the end."
          value={count}
          min={1}
          max={256}
          onChange={(next) => session.effects.set({ count: next })}
        />
        <MetricSelect label="by largest" value={metric} onChange={(next) => session.effects.set({ metric: next })} />
      </div>
      <RunRow kind="greedy" label="Search" onRun={() => void session.effects.greedy()} />
      <div ref={ref}>
        {!result || !data ? (
          <p className="hs-effects__hint">
            The head with the largest effect is changed, then the one that adds most on top of it, and so on: heads that
            back each other up are found together.
          </p>
        ) : (
          <>
            <AboutResult
              title="Greedy set"
              about={result.about}
              change={result.change}
              target={result.target}
              work={result.work}
              badge="propagated"
              figure="greedy"
            >
              <MetricSelect label="show" value={drawn} onChange={setShown} />
            </AboutResult>
            <div className="hs-effects__beside">
              <LinePlot
                data={data}
                label="Effect of the greedy set"
                width={Math.max(260, width - LIST_PX)}
                height={PLOT_PX}
                onPoint={(index) => {
                  const step = result.steps[index - 1];
                  if (step) select(step.place);
                }}
              />
              <div>
                <ol className="hs-effects__order" aria-label="In the order in which they were taken">
                  {result.steps.map(({ place, effect }) => (
                    <li key={formatPlace(place)}>
                      <button type="button" className="hs-effects__row" onClick={() => select(place)}>
                        <span>{formatPlace(place)}</span>
                        <span className="hs-number">
                          {formatNumber(effect[drawn])} <span className="hs-dim">{METRIC_WORDS[drawn].unit}</span>
                        </span>
                      </button>
                    </li>
                  ))}
                </ol>
                <Button small onClick={ablate} title="Puts them into the list of interventions; undo takes it back">
                  {result.change.what === 'zero' ? 'Ablate these' : 'Change these'}
                </Button>
              </div>
            </div>
          </>
        )}
      </div>
    </>
  );
}
