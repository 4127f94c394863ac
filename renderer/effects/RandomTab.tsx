import { useMemo } from 'react';
import { changedHeads } from '../../shared/model/changed-heads.ts';
import { formatHead } from '../../shared/model/head-id.ts';
import { intervalRows } from '../../shared/view/effects/interval-rows.ts';
import { plural } from '../../shared/view/format.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { Switch } from '../components/Switch.tsx';
import { useElementWidth } from '../components/use-element-width.ts';
import { AboutResult } from './AboutResult.tsx';
import { IntervalPlot } from './IntervalPlot.tsx';
import { NumberSetting } from '../components/NumberSetting.tsx';
import { RunRow } from './RunRow.tsx';
import { SweepForm } from './SweepForm.tsx';
import { useEffectResult } from './use-effect-result.ts';

/** The heads that are changed on screen, beside random sets of as many. */
export function RandomTab() {
  const { session } = useApp();
  const result = useEffectResult('random');
  const { draws, matched, seed } = useAppState(({ effects }) => effects.settings);
  const interventions = useAppState(({ edit }) => edit.interventions);
  const model = useAppState((state) => state.model.info);
  const [ref, width] = useElementWidth();
  const heads = useMemo(() => (model ? changedHeads(interventions, model) : []), [interventions, model]);
  const rows = useMemo(() => result && intervalRows(result), [result]);

  return (
    <>
      <SweepForm withPlaces={false} />
      <div className="hs-effects__form">
        <NumberSetting
          label="draws"
          title="Random sets."
          value={draws}
          min={2}
          max={1000}
          onChange={(next) => session.effects.set({ draws: next })}
        />
        <NumberSetting
          label="seed"
          title="The same seed draws the same sets."
          value={seed}
          min={0}
          max={2 ** 32 - 1}
          onChange={(next) => session.effects.set({ seed: next })}
        />
        <Switch
          label="as many of each layer"
          checked={matched}
          onChange={(next) => session.effects.set({ matched: next })}
        />
        <span className="hs-dim" title={heads.map(formatHead).join(' ')}>
          set: {heads.length === 0 ? 'none yet' : shortList(heads.map(formatHead))}
        </span>
      </div>
      <RunRow
        kind="random"
        label="Compare with random sets"
        refusal={heads.length === 0 ? 'Ablate some heads first: they are the set.' : undefined}
        onRun={() => void session.effects.random()}
      />
      <div ref={ref}>
        {!result || !rows ? (
          <p className="hs-effects__hint">
            Changing any heads does something. Random sets of as many heads say how much: what lies outside of their
            interval is due to these heads.
          </p>
        ) : (
          <>
            <AboutResult
              title={`${shortList(result.heads.map(formatHead))} beside ${plural(result.draws.length, 'random set')}`}
              about={result.about}
              change={result.change}
              target={result.target}
              work={result.work}
              badge="propagated"
              figure="random"
            />
            <IntervalPlot rows={rows} draws={result.draws.length} width={width} />
            <p className="hs-dim hs-small">
              {result.matched ? 'Random sets have as many heads of each layer. ' : ''}Seed {result.seed}.
            </p>
          </>
        )}
      </div>
    </>
  );
}

const NAMED = 6;

function shortList(names: readonly string[]): string {
  return names.length <= NAMED
    ? names.join(', ')
    : `${names.slice(0, NAMED).join(', ')} and ${names.length - NAMED} more`;
}
