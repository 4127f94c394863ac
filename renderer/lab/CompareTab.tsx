import { useEffect, useMemo } from 'react';
import { FIDELITIES } from '../../shared/model/method-result.ts';
import { plural } from '../../shared/view/format.ts';
import { FIDELITY_WORDS } from '../../shared/view/lab/about-text.ts';
import { labPlot } from '../../shared/view/lab/plots.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { useData } from '../app/use-data.ts';
import { Message } from '../components/Message.tsx';
import { Segmented } from '../components/Segmented.tsx';
import { useElementWidth } from '../components/use-element-width.ts';
import { summaryKey } from '../engine/data-keys.ts';
import { patch } from '../state/store.ts';
import { AboutLab } from './AboutLab.tsx';
import { AxisChoice } from './AxisChoice.tsx';
import { BudgetField } from './BudgetField.tsx';
import { CompareTable } from './CompareTable.tsx';
import { METHODS_KEY } from './lab-keys.ts';
import { choicesOf, planOf, questionStartOf } from './lab-requests.ts';
import { NumberSetting } from '../components/NumberSetting.tsx';
import { LabPlot } from './LabPlot.tsx';
import { LabRunRow } from './LabRunRow.tsx';
import { MethodList } from './MethodList.tsx';
import { OtherSettings } from './OtherSettings.tsx';
import { OverlapMatrix } from './OverlapMatrix.tsx';
import { PresetList } from './PresetList.tsx';
import { PromptForm } from './PromptForm.tsx';
import { useLabRecord } from './use-lab-record.ts';

const PLOT_PX = 280;
const MOST_PLOT_PX = 760;

/** Methods by budgets on the prompt on screen. */
export function CompareTab() {
  const { session } = useApp();
  const settings = useAppState(({ lab }) => lab.settings);
  const model = useAppState((state) => state.model.info);
  const isLive = useAppState((state) => state.model.live);
  const clean = useAppState(({ run }) => run.clean);
  const methods = useData(METHODS_KEY);
  const summary = useData(clean && summaryKey(clean.key));
  const record = useLabRecord();
  useEffect(() => {
    void session.lab.loadMethods();
  }, [session, isLive]);

  const list = methods?.status === 'ready' ? methods.value : [];
  const prompt = summary?.status === 'ready' ? summary.value : undefined;
  // Methods that see the question begin after it.
  const cut = prompt && prompt.tokens.length > 1 ? questionStartOf(settings, prompt) : 1;
  const promptLength = settings.question === 'seen' ? (prompt?.tokens.length ?? 1) : cut;
  const sizes = { layers: model?.layers ?? 1, promptLength };
  const known = settings.entries.every(({ method }) => list.some(({ id }) => id === method));
  const choices = known && settings.entries.length > 0 ? planOf(settings, list).flatMap(choicesOf) : undefined;
  const { question, fidelity } = settings;
  const needsAnswer = settings.question === 'seen' && settings.answer === '';
  const refusal = !prompt
    ? 'Run a prompt first.'
    : settings.entries.length === 0
      ? 'There is no method on the list.'
      : needsAnswer
        ? 'Methods that see the question are measured on the answer: give one, or take dense attention’s.'
        : undefined;

  return (
    <>
      <details className="hs-lab__section" open={!record}>
        <summary>Presets</summary>
        <PresetList />
      </details>
      <div className="hs-lab__setup">
        <details className="hs-lab__section" open={!record}>
          <summary>Context, question and answer</summary>
          <PromptForm />
        </details>
        <details className="hs-lab__section" open>
          <summary>Methods and budgets</summary>
          {methods?.status === 'failed' ? (
            <Message bad text={methods.error.message} hint={methods.error.hint} />
          ) : (
            <MethodList methods={list} settings={settings} sizes={sizes} />
          )}
          <div className="hs-effects__form">
            <BudgetField
              label="budgets of all"
              title="Shares of the context, as 12.5%, or keys, as 64; several divided by commas. Empty: as published, scaled to the prompt."
              placeholder="as published, scaled"
              value={settings.budgets}
              onChange={(budgets) => session.lab.set({ budgets }, 'budgets')}
            />
            <Segmented
              label="Fidelity"
              options={FIDELITIES.map((value) => ({ value, label: value, title: FIDELITY_WORDS[value].title }))}
              value={settings.fidelity}
              onChange={(fidelity) => session.lab.set({ fidelity })}
            />
            <span className="hs-dim hs-small">{FIDELITY_WORDS[settings.fidelity].gives}</span>
            {settings.fidelity === 'F3' && (
              <NumberSetting
                label="at most"
                title="Tokens of a generated answer; no fewer than the given one has."
                value={settings.maxTokens}
                min={1}
                max={1024}
                onChange={(maxTokens) => session.lab.set({ maxTokens }, 'tokens')}
              />
            )}
          </div>
        </details>
      </div>
      <LabRunRow kind="compare" label="Compare" refusal={refusal} onRun={() => void session.lab.compare()}>
        {choices && !refusal && (
          <span className="hs-dim">
            {plural(settings.entries.length, 'method')}, {plural(choices.length, 'row')}
          </span>
        )}
      </LabRunRow>
      {record ? (
        <>
          <OtherSettings
            kind="compare"
            button="Compare"
            made={{
              choices: record.rows.map(({ choice }) => choice),
              questions: [record.about.question],
              fidelity: record.about.fidelity,
            }}
            now={choices && { choices, questions: [question], fidelity }}
          />
          <CompareResult />
        </>
      ) : (
        <p className="hs-effects__hint">
          Each method chooses which keys later queries may read; the table then says what that saves and what it costs,
          next to dense attention on the same tokens. Take a preset, or set methods and budgets and compare.
        </p>
      )}
    </>
  );
}

/** Plot, table and overlap of the comparison that there is. */
function CompareResult() {
  const { store, session } = useApp();
  const record = useLabRecord();
  const chosen = useAppState(({ lab }) => lab.row);
  const { measure, cost, logCost } = useAppState(({ lab }) => lab.settings);
  const [ref, width] = useElementWidth();
  const data = useMemo(() => record && labPlot(record.rows, measure, cost, logCost), [record, measure, cost, logCost]);
  if (!record || !data) return null;
  return (
    <div className="hs-lab__result">
      <AboutLab record={record} />
      <div className="hs-lab__beside">
        <div className="hs-lab__plot" ref={ref}>
          <AxisChoice measure={measure} onMeasure={(next) => session.lab.look({ measure: next })} />
          {data.panels.length === 0 ? (
            <p className="hs-dim">{data.nothing}</p>
          ) : (
            <LabPlot
              data={data}
              label="Methods"
              width={Math.max(280, Math.min(MOST_PLOT_PX, width))}
              height={PLOT_PX}
              chosen={chosen}
              onRow={(row) => patch(store, 'lab', { row })}
            />
          )}
        </div>
        <OverlapMatrix record={record} />
      </div>
      <CompareTable record={record} />
    </div>
  );
}
