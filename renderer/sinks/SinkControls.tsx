import { useId } from 'react';
import type { SinkReport } from '../../shared/model/sinks.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { Button } from '../components/Button.tsx';
import { ProgressBar } from '../components/ProgressBar.tsx';
import { useControlRates } from './use-control-rates.ts';

interface SinkControlsProps {
  readonly report: SinkReport;
  readonly threshold: number;
  readonly onThreshold: (threshold: number) => void;
}

/** Probe sets that a rate on text is held against. */
const CONTROLS = [
  {
    probe: 'random',
    name: 'random tokens',
    title: 'Scores heads on random tokens: a sink that stays does not come from the text',
  },
  {
    probe: 'one-token',
    name: 'one token repeated',
    title: 'Scores heads on one token over and over: with rotary positions alone to tell keys apart, sinks vanish',
  },
] as const;
const CONTROL_SAMPLES = 10;

/** The threshold, the rule, the rate of the first position here and on the controls. */
export function SinkControls({ report, threshold, onThreshold }: SinkControlsProps) {
  const { session } = useApp();
  const id = useId();
  const job = useAppState(({ scores }) => scores.probe);
  const failed = useAppState(({ scores }) => scores.probeError);
  const canRun = useAppState(({ model, host }) => model.live && host.engine === 'ready');
  const rates = useControlRates(threshold);
  return (
    <div className="hs-sinks__bar">
      <label
        htmlFor={id}
        title="A head rests on a key whose importance is over this (Gu et al. 2024: 0.3; Barbero et al. 2025: 0.8)"
      >
        ε
      </label>
      <input
        type="range"
        min={0.05}
        max={0.95}
        step={0.05}
        value={threshold}
        aria-label="Threshold of importance"
        onChange={(event) => onThreshold(Number(event.target.value))}
      />
      <input
        id={id}
        className="hs-field hs-sinks__threshold"
        type="number"
        min={0}
        max={1}
        step={0.05}
        value={threshold}
        onChange={(event) => {
          const value = event.target.valueAsNumber;
          if (value >= 0 && value <= 1) onThreshold(value);
        }}
      />
      <span title="Sink^ε: share of all heads whose importance of key 0 is over ε">
        rate of key 0: <b>{percent(report.rate[0]!)}</b>
      </span>
      <span className="hs-dim" title="Importance of key 0 where every query looks at all it sees alike">
        uniform attention has {report.floor.toFixed(3)}
      </span>
      {CONTROLS.map(({ probe, name, title }) => {
        const known = rates[probe];
        return known ? (
          <span key={probe} title={`${title}. Importance of key 0, mean over ${known.prompts} prompts.`}>
            {name}: <b>{percent(known.rate)}</b>
          </span>
        ) : (
          <Button
            key={probe}
            small
            disabled={!canRun || job !== undefined}
            title={canRun ? title : 'Needs the open model'}
            onClick={() =>
              void session.scores.runProbe(
                { task: probe, scores: ['sink-importance'], samples: CONTROL_SAMPLES },
                `Sinks on ${name}`,
              )
            }
          >
            On {name}
          </Button>
        );
      })}
      {job && (
        <span className="hs-sinks__job">
          <ProgressBar label={job.name} progress={job.progress} />
          <Button small look="quiet" onClick={() => session.scores.cancelProbe()}>
            Cancel
          </Button>
        </span>
      )}
      {failed && (
        <span className="hs-sinks__failed" role="alert" title={failed.hint}>
          {failed.message}
        </span>
      )}
      <span className="hs-dim hs-sinks__rule-text">
        Past key 0, a key needs {report.leastRows} rows that see it to count.
      </span>
    </div>
  );
}

function percent(rate: number): string {
  return `${(100 * rate).toFixed(1)}%`;
}
