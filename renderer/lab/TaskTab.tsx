import { useEffect, useMemo } from 'react';
import { FIDELITIES } from '../../shared/model/method-result.ts';
import { QUESTION_VIEWS, type QuestionView } from '../../shared/model/method-task.ts';
import type { LabTaskRecord } from '../../shared/model/lab.ts';
import { plural } from '../../shared/view/format.ts';
import { FIDELITY_WORDS } from '../../shared/view/lab/about-text.ts';
import { COST_WORDS, MEASURE_WORDS, type LabMeasure } from '../../shared/view/lab/measures.ts';
import { taskPlot } from '../../shared/view/lab/plots.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { useData } from '../app/use-data.ts';
import { Badge } from '../components/Badge.tsx';
import { Message } from '../components/Message.tsx';
import { Segmented } from '../components/Segmented.tsx';
import { useElementWidth } from '../components/use-element-width.ts';
import { tasksKey } from '../effects/effect-keys.ts';
import { TaskSelect } from '../effects/TaskSelect.tsx';
import { AxisChoice } from './AxisChoice.tsx';
import { BudgetField } from './BudgetField.tsx';
import { METHODS_KEY } from './lab-keys.ts';
import { choicesOf, planOf } from './lab-requests.ts';
import { NumberList } from '../components/NumberList.tsx';
import { NumberSetting } from '../components/NumberSetting.tsx';
import { LabPlot } from './LabPlot.tsx';
import { LabRunRow } from './LabRunRow.tsx';
import { MethodList } from './MethodList.tsx';
import { OtherSettings } from './OtherSettings.tsx';
import { TaskTable } from './TaskTable.tsx';
import { useLabTaskRecord } from './use-lab-record.ts';

const PLOT_PX = 300;
const MOST_PLOT_PX = 820;

type Questions = QuestionView | 'both';

const QUESTION_OPTIONS: readonly { readonly value: Questions; readonly label: string; readonly title: string }[] = [
  { value: 'unseen', label: 'question unseen', title: 'Keys are chosen before the question is known.' },
  {
    value: 'seen',
    label: 'seen',
    title: 'Keys are chosen after the question; the first token of the answer is predicted by a dense row.',
  },
  { value: 'both', label: 'both', title: 'One plot each, with the same axes' },
];

/** Methods by budgets on the prompts of a task. */
export function TaskTab() {
  const { session } = useApp();
  const settings = useAppState(({ lab }) => lab.settings);
  const model = useAppState((state) => state.model.info);
  const isLive = useAppState((state) => state.model.live);
  const methods = useData(METHODS_KEY);
  const tasks = useData(model && tasksKey(model.modelId));
  const record = useLabTaskRecord();
  const { task } = settings;
  useEffect(() => {
    void session.lab.loadMethods();
    void session.effects.loadTasks();
  }, [session, isLive, model?.modelId]);

  const list = methods?.status === 'ready' ? methods.value : [];
  const known = tasks?.status === 'ready' ? tasks.value : [];
  const info = known.find(({ id }) => id === task.task);
  const has = (id: string) => info?.parameters.some((parameter) => parameter.id === id) ?? true;
  const hasAll = settings.entries.every(({ method }) => list.some(({ id }) => id === method));
  const choices = hasAll && settings.entries.length > 0 ? planOf(settings, list).flatMap(choicesOf) : undefined;
  const rows = (choices?.length ?? 0) * task.questions.length;
  const prompts =
    task.samples *
    (has('length') ? Math.max(1, task.lengths.length) : 1) *
    (has('depth') ? Math.max(1, task.depths.length) : 1);
  const longest = Math.max(...task.lengths, 0);
  const sizes = { layers: model?.layers ?? 1, promptLength: longest || (model?.context ?? 1) };
  const questions: Questions = task.questions.length > 1 ? 'both' : (task.questions[0] ?? 'unseen');
  const refusal = settings.entries.length === 0 ? 'There is no method on the list.' : (info?.unavailable ?? undefined);

  return (
    <>
      <div className="hs-effects__form">
        <TaskSelect tasks={known} value={task.task} onChange={(next) => session.lab.setTask({ task: next })} />
        {has('length') && (
          <NumberList
            label="lengths"
            title="Prompt and answer, tokens; several divided by commas. Empty: the longest that the model reads."
            value={task.lengths}
            min={1}
            max={2 ** 20}
            placeholder={String(model?.context ?? 'longest')}
            onChange={(lengths) => session.lab.setTask({ lengths }, 'lengths')}
          />
        )}
        {has('depth') && (
          <NumberList
            label="depths"
            title="Where the needle is, 0 = beginning, 1 = end. Empty: the task’s own."
            value={task.depths}
            min={0}
            max={1}
            integer={false}
            placeholder="task’s own"
            onChange={(depths) => session.lab.setTask({ depths }, 'depths')}
          />
        )}
        <NumberSetting
          label="samples"
          title="Prompts of each length and depth; the same ones for every method."
          value={task.samples}
          min={1}
          max={10_000}
          onChange={(samples) => session.lab.setTask({ samples }, 'samples')}
        />
        <NumberSetting
          label="seed"
          title="The same seed makes the same prompts."
          value={task.seed}
          min={0}
          max={2 ** 32 - 1}
          onChange={(seed) => session.lab.setTask({ seed }, 'seed')}
        />
      </div>
      <div className="hs-effects__form">
        <Segmented
          label="Whether the selector sees the question"
          options={QUESTION_OPTIONS}
          value={questions}
          onChange={(next) => session.lab.setTask({ questions: next === 'both' ? [...QUESTION_VIEWS] : [next] })}
        />
        <Segmented
          label="Fidelity"
          options={FIDELITIES.map((value) => ({ value, label: value, title: FIDELITY_WORDS[value].title }))}
          value={task.fidelity}
          onChange={(fidelity) => session.lab.setTask({ fidelity })}
        />
        <span className="hs-dim hs-small">{FIDELITY_WORDS[task.fidelity].gives}</span>
      </div>
      <details className="hs-lab__section" open={!record}>
        <summary>Methods and budgets, the same as in Compare</summary>
        <MethodList methods={list} settings={settings} sizes={sizes} />
        <BudgetField
          label="budgets of all (also of Compare)"
          title="What is set here is set in Compare, and there for here. Shares of the context, as 12.5%, or keys, as 64; several divided by commas. Empty: as published, scaled to the prompt."
          placeholder="as published, scaled"
          value={settings.budgets}
          onChange={(budgets) => session.lab.set({ budgets: budgets.slice(0, 32) }, 'budgets')}
        />
      </details>
      {tasks?.status === 'failed' && <Message bad text={tasks.error.message} hint={tasks.error.hint} />}
      {methods?.status === 'failed' && <Message bad text={methods.error.message} hint={methods.error.hint} />}
      <LabRunRow kind="task" label="Measure" refusal={refusal} onRun={() => void session.lab.task()}>
        <span className="hs-dim">
          {plural(prompts, 'prompt')}, {plural(rows, 'row')} of method, budget and view of the question
        </span>
      </LabRunRow>
      {record ? (
        <>
          <OtherSettings
            kind="task"
            button="Measure"
            made={{
              choices: record.rows.map(({ choice }) => choice),
              questions: [...new Set(record.rows.map(({ question }) => question))],
              fidelity: record.rows[0]?.fidelity ?? task.fidelity,
            }}
            now={choices && { choices, questions: task.questions, fidelity: task.fidelity }}
          />
          <TaskResult record={record} />
        </>
      ) : (
        <p className="hs-effects__hint">
          The task makes prompts whose answer is known, and every method answers them at every budget. Window methods
          should fail outside their window, and methods that look at the query should keep the needle at small budgets.
        </p>
      )}
    </>
  );
}

/** Accuracy, or another measure, against budget, and the rows that it is made of. */
function TaskResult({ record }: { readonly record: LabTaskRecord }) {
  const { session } = useApp();
  const { measure: chosen, cost, logCost } = useAppState(({ lab }) => lab.settings);
  const [ref, width] = useElementWidth();
  const hasAccuracy = record.rows.some(({ accuracy }) => accuracy !== null);
  const taskMeasure = useAppState(({ lab }) => lab.taskMeasure);
  const measure: LabMeasure = taskMeasure ?? (hasAccuracy ? 'accuracy' : chosen);
  const data = useMemo(() => taskPlot(record, measure, cost, logCost), [record, measure, cost, logCost]);
  return (
    <div className="hs-lab__result">
      <header className="hs-effects__about">
        <div className="hs-effects__heading">
          <h3>
            {record.task}: {MEASURE_WORDS[measure].name.toLowerCase()} against {COST_WORDS[cost].name.toLowerCase()}
          </h3>
          <Badge badge={FIDELITY_WORDS[record.rows[0]?.fidelity ?? 'F1'].name} />
        </div>
        <p className="hs-dim hs-small">
          {record.about.model}, {plural(record.rows[0]?.n ?? 0, 'prompt')} a row
          {record.lengths.length > 0 ? `, lengths ${record.lengths.join(', ')}` : ''}
          {record.depths.length > 0 ? `, depths ${record.depths.join(', ')}` : ''}, seed {record.seed}. Bars: 95% Wilson
          interval over prompts.
        </p>
      </header>
      <div className="hs-lab__beside">
        <div ref={ref}>
          <AxisChoice measure={measure} onMeasure={(taskMeasure) => session.lab.lookTask(taskMeasure)} />
          {data.panels.length === 0 ? (
            <p className="hs-dim">{data.nothing}</p>
          ) : (
            <LabPlot
              data={data}
              label={record.task}
              width={Math.max(280, Math.min(MOST_PLOT_PX, width))}
              height={PLOT_PX}
            />
          )}
        </div>
        <TaskTable record={record} />
      </div>
    </div>
  );
}
