import { useMemo } from 'react';
import type { ScoreTable } from '../../shared/model/score.ts';
import { EFFECT_METRICS } from '../../shared/model/effect.ts';
import { formatHead } from '../../shared/model/head-id.ts';
import { formatScore, scoreDecimals, scoreScale, strengthOf } from '../../shared/view/atlas/score-colours.ts';
import { sortedByScore } from '../../shared/view/atlas/head-order.ts';
import { METRIC_WORDS } from '../../shared/view/effects/metric-words.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { useData } from '../app/use-data.ts';
import { Button } from '../components/Button.tsx';
import { originKey } from '../engine/data-keys.ts';
import { selectHead } from '../state/edits.ts';
import { patch } from '../state/store.ts';
import { AboutResult } from './AboutResult.tsx';
import { RunRow } from './RunRow.tsx';
import { SweepForm } from './SweepForm.tsx';
import { useEffectResult } from './use-effect-result.ts';

const ROWS = 16;

/** Every head alone: the tables join the lists of scores, so that atlas, ranking and plots show them. */
export function SweepTab() {
  const { store, session } = useApp();
  const result = useEffectResult('sweep');
  const entry = useData(result && originKey(result.origin));
  const metric = useAppState(({ effects }) => effects.settings.metric);
  const atlas = useAppState(({ view }) => view.scoreId);
  const selected = useAppState(({ edit }) => edit.head);
  const tables = entry?.status === 'ready' ? entry.value.tables : undefined;

  const show = (id: string) => {
    const origin = store.getState().effects.results.sweep === undefined ? undefined : result?.origin;
    if (origin !== undefined) patch(store, 'view', { scoreId: `${origin}:${id}`, sortBy: `${origin}:${id}` });
  };
  const run = async () => {
    if (!(await session.effects.sweep())) return;
    // Who asks for effects wants to see them on the atlas.
    const { origins } = store.getState().scores;
    const latest = origins.findLast(({ kind, name }) => kind === 'sweep' && name.startsWith('Sweep'));
    if (latest)
      patch(store, 'view', { scoreId: `${latest.id}:effect-${metric}`, sortBy: `${latest.id}:effect-${metric}` });
  };

  return (
    <>
      <SweepForm />
      <RunRow kind="sweep" label="Run the sweep" onRun={() => void run()} />
      {!result || !tables ? (
        <p className="hs-effects__hint">
          Each head, KV group or layer is changed alone, and what that does to the predictions is measured. The effects
          become scores: on the atlas, in the ranked list, in scatter and histogram, on the page of each head.
        </p>
      ) : (
        <>
          <AboutResult
            title="Effect of each change alone"
            about={result.about}
            change={result.change}
            target={result.target}
            work={result.work}
            badge={tables[0]?.info.badge ?? 'propagated'}
          >
            <Button small onClick={() => patch(store, 'view', { centre: 'scores' })}>
              Scatter and histogram
            </Button>
            <Button
              small
              look="quiet"
              onClick={() => patch(store, 'ui', { dialog: 'figure', figureView: 'atlas' })}
              title="The atlas as it is coloured now"
            >
              Figure…
            </Button>
          </AboutResult>
          <div className="hs-effects__columns">
            {tables.map((table) => (
              <TopHeads
                key={table.info.id}
                table={table}
                heads={result.about.heads}
                isOnAtlas={atlas === `${result.origin}:${table.info.id}`}
                selected={selected && formatHead(selected)}
                onShow={() => show(table.info.id)}
                onSelect={(layer, head) => selectHead(store, { layer, head })}
              />
            ))}
          </div>
        </>
      )}
    </>
  );
}

interface TopHeadsProps {
  readonly table: ScoreTable;
  readonly heads: number;
  readonly isOnAtlas: boolean;
  readonly selected: string | undefined;
  readonly onShow: () => void;
  readonly onSelect: (layer: number, head: number) => void;
}

/** Shorter than among the scores of all origins. */
function metricName({ id, name }: ScoreTable['info']): string {
  const metric = EFFECT_METRICS.find((one) => id === `effect-${one}`);
  return metric ? METRIC_WORDS[metric].name : name;
}

/** The heads with the largest effects by one measure. */
function TopHeads({ table, heads, isOnAtlas, selected, onShow, onSelect }: TopHeadsProps) {
  const { info, values } = table;
  const rows = useMemo(() => {
    if (!values) return [];
    const scale = scoreScale(table);
    // Of agreement the smallest is the strongest.
    const size = Array.from(values, (value) => (info.id === 'effect-agreement' ? 1 - value : strengthOf(scale, value)));
    const decimals = scoreDecimals(scale) + 1;
    return sortedByScore(size, 'descending')
      .slice(0, ROWS)
      .map((index) => ({
        index,
        text: formatScore(values[index], decimals, scale.lo < 0),
        share: Math.max(0, Math.min(1, size[index]! / Math.max(1e-12, ...size.filter((one) => !Number.isNaN(one))))),
      }));
  }, [table, info, values]);
  return (
    <section className="hs-effects__top" aria-label={info.name}>
      <div className="hs-effects__top-head">
        <h4 title={info.definition}>
          {metricName(info)} <span className="hs-dim hs-small">{info.unit}</span>
        </h4>
        <Button
          small
          look="quiet"
          aria-pressed={isOnAtlas}
          onClick={onShow}
          title="Colours the atlas and ranks the list by it"
        >
          {isOnAtlas ? 'on the atlas' : 'to the atlas'}
        </Button>
      </div>
      {values === null && <p className="hs-dim">{table.notApplicable}</p>}
      <ol>
        {rows.map(({ index, text, share }) => {
          const [layer, head] = [Math.floor(index / heads), index % heads];
          const name = formatHead({ layer, head });
          return (
            <li key={index}>
              <button
                type="button"
                className="hs-effects__row"
                aria-pressed={name === selected}
                onClick={() => onSelect(layer, head)}
              >
                <span>{name}</span>
                <span className="hs-effects__share" aria-hidden="true">
                  <span style={{ width: `${100 * share}%` }} />
                </span>
                <span className="hs-number">{text}</span>
              </button>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
