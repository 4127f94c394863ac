import { useMemo, useState } from 'react';
import { max } from 'd3';
import { interventionKind } from '../../shared/model/intervention-kinds/index.ts';
import { interventionsInForce } from '../../shared/model/missing-part.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { classNames } from '../base/class-names.ts';
import { Badge } from '../components/Badge.tsx';
import { Button } from '../components/Button.tsx';
import { Message } from '../components/Message.tsx';
import { ProgressBar } from '../components/ProgressBar.tsx';
import { Segmented } from '../components/Segmented.tsx';
import { togglePin } from '../state/edits.ts';
import { comparedScenario, currentScenario } from '../state/scenarios.ts';
import { patch } from '../state/store.ts';
import { EffectTable, type EffectColumn } from './EffectTable.tsx';
import { FinalNormSwitch } from './FinalNormSwitch.tsx';
import { GeneratedLines } from './GeneratedLines.tsx';
import { LikelihoodPlot } from './LikelihoodPlot.tsx';
import { useEffectData, type EffectOfRun } from './use-effect-data.ts';

/** What the interventions do to the prompt: in numbers, along it, in the text that follows. */
export function EffectResults() {
  const { store, session } = useApp();
  const [plotOf, setPlotOf] = useState<'change' | 'kl'>('change');
  const edit = useAppState((state) => state.edit);
  const job = useAppState(({ run }) => run.job);
  const isStale = useAppState(({ run }) => run.stale);
  const isStored = useAppState(({ run }) => run.clean?.stored !== undefined && run.changed === undefined);
  const error = useAppState(({ run }) => run.changedError);
  const otherError = useAppState(({ run }) => run.otherError);
  const pinned = useAppState(({ edit: { pinnedToken } }) => pinnedToken);
  const hover = useAppState(({ ui }) => ui.hoverToken);
  const { summary, asked, cleanLogits, a, b, between } = useEffectData();
  const other = comparedScenario(edit);
  const tokens = summary?.tokens ?? [];
  const inForce = useMemo(() => interventionsInForce(edit.interventions), [edit.interventions]);
  const cautions = [...new Set(inForce.flatMap(({ what }) => interventionKind(what).caution ?? []))];

  const failure = error ? (
    <Message bad={error.code !== 'cancelled'} text={error.message} hint={error.hint}>
      <Button small onClick={() => void session.runInterventions()}>
        Run it
      </Button>
    </Message>
  ) : (
    a.comparison.error && <Message bad text={a.comparison.error.message} hint={a.comparison.error.hint} />
  );
  const name = currentScenario(edit)?.name ?? '';
  const first = columnOf(other ? 'A' : undefined, name, a, tokens.length);
  const second = other && columnOf('B', other.name, b, tokens.length);
  if (!summary || !first || inForce.length === 0) {
    return (
      <div className="hs-interventions__effect">
        {inForce.length === 0 ? (
          <Message
            text="Nothing is in effect: every entry is off or lacks something."
            hint="Switch one on to see what it does."
          />
        ) : failure ? (
          failure
        ) : !job && isStored ? (
          <Message text="This session does not hold the run with these interventions.">
            <Button small onClick={() => void session.goLive()}>
              Run again
            </Button>
          </Message>
        ) : (
          <div className="hs-waiting">
            <p>Running with the interventions</p>
            <ProgressBar label="Running with the interventions" progress={job?.progress} />
            {job && (
              <Button small onClick={() => session.cancelRun()}>
                Cancel
              </Button>
            )}
          </div>
        )}
      </div>
    );
  }
  // All of it, or B alone: what lies in something dimmed is not dimmed again.
  const isOld = !failure && (job?.kind === 'changed' || isStale || a.comparison.stale);
  const otherIsOld = !isOld && b.comparison.stale;
  const columns = second ? [first, second] : [first];
  const series = columns.map(({ comparison }) => (plotOf === 'kl' ? comparison.klPerToken : comparison.nllDelta));
  const limit = max(series, (values) => max(values, Math.abs));
  const logitsError = [cleanLogits, a.logits].find((entry) => entry?.status === 'failed');
  return (
    <div className={classNames('hs-interventions__effect', isOld && 'hs-stale')}>
      {failure && (
        <div className="hs-interventions__failure">
          {failure}
          <p className="hs-dim">The numbers are those of the last list that ran.</p>
        </div>
      )}
      <div className="hs-interventions__facts">
        <span className="hs-nowrap">
          clean → {other ? 'A, B' : name} <Badge badge={a.run?.badge ?? 'exact'} />
        </span>
        <FinalNormSwitch other={other?.finalNorm} />
        {cautions.map((caution) => (
          <span key={caution} className="hs-entry__caution">
            {caution}
          </span>
        ))}
      </div>
      <div className="hs-interventions__numbers">
        <EffectTable
          summary={summary}
          columns={columns}
          between={second && between.value}
          isOld={{ b: otherIsOld, between: !isOld && between.stale }}
          asked={asked}
          clean={cleanLogits?.status === 'ready' ? cleanLogits.value : undefined}
          logitsError={logitsError?.status === 'failed' ? logitsError.error.message : undefined}
        />
        {other && !second && (
          <OtherState name={other.name} message={otherError?.message ?? b.comparison.error?.message} />
        )}
        <GeneratedLines />
      </div>
      <div className="hs-interventions__plots">
        <Segmented<'change' | 'kl'>
          label="What is drawn along the prompt"
          value={plotOf}
          onChange={setPlotOf}
          options={[
            { value: 'change', label: 'Δ −log p', title: 'Change of the likelihood of each token of the prompt' },
            { value: 'kl', label: 'KL', title: 'How far the prediction moved after each token' },
          ]}
        />
        {columns.map(({ letter, name: of }, at) => (
          <LikelihoodPlot
            key={letter ?? ''}
            stale={letter === 'B' && otherIsOld}
            of={plotOf}
            delta={series[at]!}
            limit={limit}
            name={letter && `${letter}, ${of}`}
            tokens={tokens}
            hover={hover}
            pinned={pinned}
            onHover={(index) => patch(store, 'ui', { hoverToken: index })}
            onPin={(index) => togglePin(store, index)}
          />
        ))}
      </div>
    </div>
  );
}

/** Undefined while its numbers are on their way, or are of another length than the prompt. */
function columnOf(
  letter: EffectColumn['letter'],
  name: string,
  { comparison, logits, computedFrom }: EffectOfRun,
  tokens: number,
): EffectColumn | undefined {
  if (comparison.value?.nllDelta.length !== tokens) return undefined;
  return {
    letter,
    name,
    comparison: comparison.value,
    logits: logits?.status === 'ready' ? logits.value : undefined,
    computedFrom,
  };
}

/** In the place of B's numbers. */
function OtherState({ name, message }: { readonly name: string; readonly message: string | undefined }) {
  const { session } = useApp();
  const isStored = useAppState(({ run }) => run.clean?.stored !== undefined);
  if (isStored) {
    return (
      <Message text={`B, ${name}, is not in this session.`}>
        <Button small onClick={() => void session.goLive()}>
          Run again
        </Button>
      </Message>
    );
  }
  if (message === undefined) return <p className="hs-dim">B, {name}, is being run.</p>;
  return (
    <Message bad text={`B: ${message}`}>
      <Button small onClick={() => session.runCompared()}>
        Run B
      </Button>
    </Message>
  );
}
