/** Many prompts in place of one: which set, how many, which scores; run, watched, cancelled and gone on with. */
import { useState } from 'react';
import { toWireError, type WireError } from '../../shared/base/app-error.ts';
import { formatDuration } from '../../shared/view/format.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { Button } from '../components/Button.tsx';
import { Dialog } from '../components/Dialog.tsx';
import { FieldProblemsProvider, useFirstProblem } from '../components/field-problems.tsx';
import { Message } from '../components/Message.tsx';
import { ProgressBar } from '../components/ProgressBar.tsx';
import { originKey } from '../engine/data-keys.ts';
import { NumberSetting } from '../components/NumberSetting.tsx';
import type { ProbeSettings } from '../state/scores-state.ts';
import { patch } from '../state/store.ts';
import { otherThanDefaults } from './other-than-defaults.ts';
import { ParameterForm } from './ParameterForm.tsx';
import { probeNotice, tellingScore } from './probe-outcome.ts';
import { probeRequest, readItems } from './probe-request.ts';
import { ALL_SCORES, costNote } from './score-words.ts';
import './scores.css';

export function ProbeDialog() {
  const { store } = useApp();
  return (
    <Dialog title="Scores over a probe set" wide onClose={() => patch(store, 'ui', { dialog: undefined })}>
      <FieldProblemsProvider>
        <ProbeForm />
      </FieldProblemsProvider>
    </Dialog>
  );
}

function ProbeForm() {
  const { store, session, cache } = useApp();
  const scores = useAppState((state) => state.scores);
  const { probes, list, settings, probe: job, probeError, origins } = scores;
  const isLive = useAppState(({ model }) => model.live);
  const [cancelled, setCancelled] = useState(false);
  const [items, setItems] = useState<ReturnType<typeof readItems>>([]);
  const [fileError, setFileError] = useState<WireError>();
  const probe =
    probes.find(({ id }) => id === settings.probe) ?? probes.find(({ unavailable }) => unavailable === null);
  const set = (change: Partial<ProbeSettings>) => patch(store, 'scores', { settings: { ...settings, ...change } });
  const eta = job?.progress?.etaMs ?? undefined;
  const scorable = list.filter(({ cost }) => cost !== 'weights');
  const isFile = probe?.id === 'file';
  const problem = useFirstProblem();
  const why = isFile && items.length === 0 ? 'No prompts were read yet.' : problem;

  async function readFile(file: File): Promise<void> {
    const text = await file.text();
    try {
      setItems(readItems(file.name, text));
      setFileError(undefined);
    } catch (error) {
      setItems([]);
      setFileError(toWireError(error));
    }
  }

  async function run(): Promise<void> {
    if (!probe) return;
    setCancelled(false);
    const request = probeRequest(probe, scores, isFile ? items : []);
    const origin = await session.scores.runProbe(request, probe.name);
    const { ui, scores: after } = store.getState();
    // Who closed the dialog is at something else by now.
    if (ui.dialog !== 'probe') {
      const notice = probeNotice(probe.name, origin, after.probeError);
      if (notice) patch(store, 'ui', { notice });
      return;
    }
    if (!origin) return;
    const found = tellingScore(request.scores, cache.value(originKey(origin.id)));
    const key = found === undefined ? undefined : `${origin.id}:${found}`;
    if (key !== undefined) patch(store, 'view', { scoreId: key, sortBy: key });
    patch(store, 'ui', { dialog: 'scores', scoreTarget: 'atlas' });
  }

  if (!probe || !isLive) {
    return (
      <Message
        text="There is no model to give a probe set to."
        hint="Open a model, or wait until the stored one has been opened."
      />
    );
  }
  return (
    <form className="hs-probe" onSubmit={(event) => event.preventDefault()}>
      <div className="hs-probe__what">
        <label className="hs-parameters__field">
          <span>Probe set</span>
          <select
            data-autofocus
            className="hs-select"
            value={probe.id}
            disabled={job !== undefined}
            onChange={(event) => set({ probe: event.target.value })}
          >
            {probes.map(({ id, name, unavailable }) => (
              <option key={id} value={id} disabled={unavailable !== null}>
                {unavailable === null ? name : `${name}: not for this model`}
              </option>
            ))}
          </select>
        </label>
        <p>{probe.description}</p>
        {probe.unavailable !== null && <p className="hs-definition__reason">{probe.unavailable}</p>}
        {isFile && fileError && <Message bad text={fileError.message} hint={fileError.hint} />}
        {isFile && (
          <label className="hs-parameters__field">
            <span>Prompts (JSON lines)</span>
            <input
              type="file"
              accept=".json,.jsonl,.txt"
              onChange={(event) => {
                const [file] = event.target.files ?? [];
                if (file) void readFile(file);
              }}
            />
          </label>
        )}
        {!isFile && (
          <fieldset className="hs-parameters" aria-label="Size">
            <NumberSetting
              className="hs-parameters__field"
              label="Prompts"
              title="Of each length and depth."
              value={settings.samples}
              min={1}
              max={10_000}
              onChange={(samples) => set({ samples })}
            />
            <NumberSetting
              className="hs-parameters__field"
              label="Seed"
              title="The same seed makes the same prompts."
              value={settings.seed}
              min={0}
              max={2 ** 32 - 1}
              onChange={(seed) => set({ seed })}
            />
          </fieldset>
        )}
        <ParameterForm
          key={probe.id}
          label={`Parameters of ${probe.name}`}
          parameters={probe.parameters}
          values={settings.parameters[probe.id] ?? {}}
          onChange={(values) => {
            const own = otherThanDefaults(values, probe.parameters);
            set({ parameters: { ...settings.parameters, [probe.id]: own } });
          }}
        />
      </div>
      <fieldset className="hs-probe__scores">
        <legend>
          Scores <span className="hs-dim">{settings.scores.length === 0 ? ALL_SCORES : ''}</span>
        </legend>
        {scorable.map(({ id, name, cost, data }) => (
          <label key={id} className="hs-probe__score">
            <input
              type="checkbox"
              checked={settings.scores.includes(id)}
              onChange={(event) =>
                set({
                  scores: event.target.checked
                    ? [...settings.scores, id]
                    : settings.scores.filter((other) => other !== id),
                })
              }
            />
            {name} <span className="hs-dim hs-small">{costNote({ cost, data })}</span>
          </label>
        ))}
      </fieldset>
      <div className="hs-probe__run">
        {job ? (
          <>
            <ProgressBar label={job.name} progress={job.progress} />
            <span className="hs-dim hs-small" aria-live="polite">
              {job.progress?.phase ?? 'Starting'}
              {eta === undefined ? '' : `, about ${formatDuration(eta)} left`}
            </span>
            <Button
              onClick={() => {
                setCancelled(true);
                session.scores.cancelProbe();
              }}
            >
              Cancel
            </Button>
          </>
        ) : (
          <>
            <Button
              look="primary"
              disabled={probe.unavailable !== null || why !== undefined}
              title={why}
              onClick={() => void run()}
            >
              {cancelled ? 'Go on' : 'Run'}
            </Button>
            {why !== undefined && <span className="hs-dim">{why}</span>}
            {cancelled && <span className="hs-dim">What was scored so far is kept: it goes on from there.</span>}
          </>
        )}
        {probeError && <Message bad text={probeError.message} hint={probeError.hint} />}
        {origins.length > 0 && (
          <p className="hs-dim hs-small">
            There are: {origins.map(({ name, detail }) => `${name} (${detail})`).join('; ')}.
          </p>
        )}
      </div>
    </form>
  );
}
