import { useEffect, useMemo } from 'react';
import { formatHead } from '../../shared/model/head-id.ts';
import { controlText, curvePlot } from '../../shared/view/effects/line-plots.ts';
import { rankHeads } from '../../shared/view/effects/rank-heads.ts';
import { changeText } from '../../shared/view/effects/change-text.ts';
import { plural } from '../../shared/view/format.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { useData } from '../app/use-data.ts';
import { Button } from '../components/Button.tsx';
import { Message } from '../components/Message.tsx';
import { Segmented } from '../components/Segmented.tsx';
import { Switch } from '../components/Switch.tsx';
import { useElementWidth } from '../components/use-element-width.ts';
import { chooseEntry, entryName } from '../scores/score-entries.ts';
import { useScores } from '../scores/use-scores.ts';
import { RANKING_ORDERS, type CurveSettings, type RankingOrder } from '../state/effects-state.ts';
import { setInterventions } from '../state/edits.ts';
import { patch } from '../state/store.ts';
import { AboutResult } from './AboutResult.tsx';
import { ChangeForm } from './ChangeForm.tsx';
import { tasksKey } from './effect-keys.ts';
import { LinePlot } from './LinePlot.tsx';
import { NumberList } from '../components/NumberList.tsx';
import { NumberSetting } from '../components/NumberSetting.tsx';
import { RunRow } from './RunRow.tsx';
import { TaskSelect } from './TaskSelect.tsx';
import { useEffectResult } from './use-effect-result.ts';

const PLOT_PX = 300;
const ORDER_NAMES: Readonly<Record<RankingOrder, string>> = {
  descending: 'largest first',
  ascending: 'smallest first',
  magnitude: 'largest magnitude',
};
const NAMED = 12;

/** Task accuracy as the heads that a score ranks first are changed, beside random ones. */
export function CurveTab() {
  const { store, session } = useApp();
  const result = useEffectResult('curve');
  const { curve, change } = useAppState(({ effects }) => effects.settings);
  const model = useAppState((state) => state.model.info);
  const atlasScore = useAppState(({ view }) => view.scoreId);
  const { entries } = useScores();
  const tasks = useData(model && tasksKey(model.modelId));
  const [ref, width] = useElementWidth();
  const data = useMemo(() => result && curvePlot(result), [result]);
  useEffect(() => {
    void session.effects.loadTasks();
  }, [session, model?.modelId]);

  const ready = entries.filter(({ status, table }) => status === 'ready' && table?.values);
  const retrieval = ready.findLast(({ info }) => info.id === 'retrieval');
  const entry = ready.find(({ key }) => key === curve.score) ?? retrieval ?? chooseEntry(ready, atlasScore);
  const heads = entry && model ? rankHeads(entry.table!.values!, model.heads, curve.order) : [];
  const most = Math.max(...curve.counts);
  const set = (part: Partial<CurveSettings>) => session.effects.set({ curve: { ...curve, ...part } });
  const list = tasks?.status === 'ready' ? tasks.value : [];
  const task = list.find(({ id }) => id === curve.task);
  const hasLengths = task?.parameters.some(({ id }) => id === 'length') ?? true;
  const hasDepths = task?.parameters.some(({ id }) => id === 'depth') ?? true;
  const forwards = curve.samples * Math.max(1, curve.lengths.length) * Math.max(1, curve.depths.length);

  return (
    <>
      <div className="hs-effects__form">
        <TaskSelect tasks={list} value={curve.task} onChange={(next) => set({ task: next })} />
        {hasLengths && (
          <NumberList
            label="lengths"
            title="Prompt and answer, tokens; several divided by commas. Empty: the task’s own."
            value={curve.lengths}
            min={1}
            max={2 ** 20}
            placeholder="task’s own"
            onChange={(lengths) => set({ lengths })}
          />
        )}
        {hasDepths && (
          <NumberList
            label="depths"
            title="Where the needle is, 0 = beginning, 1 = end. Empty: the task’s own."
            value={curve.depths}
            min={0}
            max={1}
            integer={false}
            placeholder="task’s own"
            onChange={(depths) => set({ depths })}
          />
        )}
        <NumberSetting
          label="samples"
          title="Prompts of each length and depth; the same ones for every point."
          value={curve.samples}
          min={1}
          max={10_000}
          onChange={(samples) => set({ samples })}
        />
        <NumberSetting
          label="seed"
          title="The same seed makes the same prompts and draws."
          value={curve.seed}
          min={0}
          max={2 ** 32 - 1}
          onChange={(seed) => set({ seed })}
        />
      </div>
      <div className="hs-effects__form">
        <ChangeForm change={change} places="head" onChange={(next) => session.effects.set({ change: next })} />
        <label className="hs-effects__field" title={entry?.info.definition}>
          <span>ranking by</span>
          <select
            className="hs-select hs-effects__select"
            value={entry?.key ?? ''}
            onChange={({ target }) => set({ score: target.value })}
          >
            {!entry && <option value="">no score yet</option>}
            {ready.map((one) => (
              <option key={one.key} value={one.key}>
                {entryName(one)}
              </option>
            ))}
          </select>
        </label>
        <Segmented
          label="Order of the ranking"
          options={RANKING_ORDERS.map((value) => ({ value, label: ORDER_NAMES[value] }))}
          value={curve.order}
          onChange={(order) => set({ order })}
        />
      </div>
      <div className="hs-effects__form">
        <NumberList
          label="heads"
          title="How many heads at each point; 0 is always there."
          value={curve.counts}
          min={1}
          max={4096}
          onChange={(counts) => set({ counts })}
        />
        <NumberSetting
          label="random draws"
          title="Sets at each point; 0: no control."
          value={curve.draws}
          min={0}
          max={1000}
          onChange={(draws) => set({ draws })}
        />
        <Switch label="of the same layers" checked={curve.matched} onChange={(matched) => set({ matched })} />
        {!retrieval && (
          <Button
            small
            look="quiet"
            onClick={() => {
              const { settings } = store.getState().scores;
              patch(store, 'scores', { settings: { ...settings, probe: 'needle' } });
              patch(store, 'ui', { dialog: 'probe' });
            }}
            title="The retrieval score needs answers: run the probe set “needle”"
          >
            Retrieval score…
          </Button>
        )}
      </div>
      {tasks?.status === 'failed' && <Message bad text={tasks.error.message} hint={tasks.error.hint} />}
      <RunRow
        kind="curve"
        label="Measure accuracy"
        withoutRun
        refusal={heads.length === 0 ? 'There is no score to rank heads by.' : undefined}
        onRun={() => {
          if (entry) {
            void session.effects.curve({ heads, name: `${entryName(entry)}, ${ORDER_NAMES[curve.order]}` });
          }
        }}
      >
        <span className="hs-dim">
          {plural(forwards * (curve.counts.length * (1 + curve.draws) + 1), 'answer')} of {curve.task}
        </span>
      </RunRow>
      <p className="hs-dim hs-small" title={heads.map(formatHead).join(' ')}>
        {heads.length > 0 &&
          `First ${Math.min(most, heads.length)}: ${heads.slice(0, Math.min(most, NAMED)).map(formatHead).join(', ')}${most > NAMED ? ' …' : ''}`}
      </p>
      <div ref={ref}>
        {!result || !data ? (
          <p className="hs-effects__hint">
            The heads that a score ranks first are changed, more and more of them, and the task is asked again each
            time. If the score finds the heads that do the task, its line falls long before that of random heads (Wu et
            al. 2024, figure 4, with the retrieval score and the needle task).
          </p>
        ) : (
          <>
            <AboutResult
              title={`${result.task}: accuracy against heads changed`}
              about={result.about}
              change={result.change}
              badge={result.badge}
              figure="curve"
            >
              <Button
                small
                look="quiet"
                title="Puts the ranked heads of the last point into the list of interventions"
                onClick={() => {
                  const last = Math.max(...result.ranked.map((point) => point.heads));
                  setInterventions(
                    store,
                    result.ranking.slice(0, last).map((where) => ({ ...result.change, where })),
                  );
                }}
              >
                Change these heads
              </Button>
            </AboutResult>
            <p className="hs-dim hs-small">
              {plural(result.ranked[0]?.prompts ?? 0, 'prompt')} a point
              {result.lengths.length > 0 ? `, lengths ${result.lengths.join(', ')}` : ''}, seed {result.seed},{' '}
              {changeText(result.change)} of {result.ranking.slice(0, NAMED).map(formatHead).join(', ')}
              {result.ranking.length > NAMED ? ' …' : ''}. {controlText(result)}
            </p>
            <LinePlot data={data} label="Task accuracy" width={Math.max(280, width)} height={PLOT_PX} />
          </>
        )}
      </div>
    </>
  );
}
