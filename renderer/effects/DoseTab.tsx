import { useMemo } from 'react';
import { formatHead } from '../../shared/model/head-id.ts';
import { EFFECT_METRICS, type EffectMetric } from '../../shared/model/effect.ts';
import { formatPlace } from '../../shared/model/place.ts';
import { doseFactors } from '../../shared/view/effects/dose-factors.ts';
import { dosePlot } from '../../shared/view/effects/line-plots.ts';
import { METRIC_WORDS } from '../../shared/view/effects/metric-words.ts';
import { plural } from '../../shared/view/format.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { useElementWidth } from '../components/use-element-width.ts';
import { AboutResult } from './AboutResult.tsx';
import { LinePlot } from './LinePlot.tsx';
import { NumberSetting } from '../components/NumberSetting.tsx';
import { RunRow } from './RunRow.tsx';
import { BaseField, TargetRow } from './SweepForm.tsx';
import { useEffectResult } from './use-effect-result.ts';

const PLOT_PX = 190;
const TWO_COLUMNS_PX = 540;
const SHOWN: readonly EffectMetric[] = EFFECT_METRICS.filter((metric) => metric !== 'kl-last');

/** The selected head at several factors on its output: lines of every measure. */
export function DoseTab() {
  const { session } = useApp();
  const result = useEffectResult('dose');
  const head = useAppState(({ edit }) => edit.head);
  const factors = useAppState(({ effects }) => effects.settings.factors);
  const [ref, width] = useElementWidth();
  const plots = useMemo(() => result && SHOWN.map((metric) => ({ metric, data: dosePlot(result, metric) })), [result]);
  const set = (change: Partial<typeof factors>) => session.effects.set({ factors: { ...factors, ...change } });
  const columns = width >= TWO_COLUMNS_PX ? 2 : 1;
  const count = doseFactors(factors).length;

  return (
    <>
      <div className="hs-effects__form">
        <NumberSetting
          label="factors from"
          title="Smallest factor on z: below 0 the head writes the opposite."
          value={factors.from}
          min={-100}
          max={factors.to - 0.01}
          integer={false}
          onChange={(from) => set({ from })}
        />
        <NumberSetting
          label="to"
          title="Largest factor on z."
          value={factors.to}
          min={factors.from + 0.01}
          max={100}
          integer={false}
          onChange={(to) => set({ to })}
        />
        <NumberSetting
          label="step"
          title="Between two factors; 0 and 1 are always among them."
          value={factors.step}
          min={0.01}
          max={100}
          integer={false}
          onChange={(step) => set({ step })}
        />
        <BaseField />
      </div>
      <TargetRow />
      <RunRow
        kind="dose"
        label={head ? `Dose-response of ${formatHead(head)}` : 'Dose-response'}
        refusal={head ? undefined : 'No head is selected.'}
        onRun={() => void session.effects.dose()}
      >
        <span className="hs-dim">{plural(count, 'factor')}</span>
      </RunRow>
      <div ref={ref}>
        {!result || !plots ? (
          <p className="hs-effects__hint">
            z of the selected head is multiplied by each factor: 0 removes the head, 1 changes nothing, 2 doubles it. A
            line that is straight says that the rest of the model passes the head on linearly.
          </p>
        ) : (
          <>
            <AboutResult
              title={`Dose-response of ${formatPlace(result.place)}`}
              about={result.about}
              target={result.target}
              work={result.work}
              badge="propagated"
              figure="dose"
            />
            <div className="hs-effects__tiles">
              {plots.map(({ metric, data }) => (
                <section key={metric} aria-label={METRIC_WORDS[metric].name}>
                  <h4 title={METRIC_WORDS[metric].meaning}>{METRIC_WORDS[metric].name}</h4>
                  <LinePlot
                    data={{ ...data, y: { ...data.y, name: METRIC_WORDS[metric].unit } }}
                    label={METRIC_WORDS[metric].axis}
                    width={Math.max(240, Math.floor(width / columns) - 12)}
                    height={PLOT_PX}
                  />
                </section>
              ))}
            </div>
          </>
        )}
      </div>
    </>
  );
}
