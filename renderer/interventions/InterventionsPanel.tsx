import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { useData, useKeptData } from '../app/use-data.ts';
import { classNames } from '../base/class-names.ts';
import { Button } from '../components/Button.tsx';
import { Message } from '../components/Message.tsx';
import { ProgressBar } from '../components/ProgressBar.tsx';
import { runCommand } from '../commands/registry.ts';
import { comparisonKey, summaryKey } from '../engine/data-keys.ts';
import { selectHead, togglePin } from '../state/edits.ts';
import { changeIntervention, removeIntervention } from '../state/intervention-edits.ts';
import { patch } from '../state/store.ts';
import { EffectSummary } from './EffectSummary.tsx';
import { InterventionList } from './InterventionList.tsx';
import { LikelihoodPlot } from './LikelihoodPlot.tsx';

/** What is changed in the model, and what that does to the prompt. */
export function InterventionsPanel() {
  const services = useApp();
  const { store, session } = services;
  const interventions = useAppState(({ edit }) => edit.interventions);
  const head = useAppState(({ edit }) => edit.head);
  const pinned = useAppState(({ edit }) => edit.pinnedToken);
  const hover = useAppState(({ ui }) => ui.hoverToken);
  const clean = useAppState(({ run }) => run.clean);
  const changed = useAppState(({ run }) => run.changed);
  const job = useAppState(({ run }) => run.job);
  const isStale = useAppState(({ run }) => run.stale);
  const isStored = useAppState(({ run }) => run.clean?.stored !== undefined && run.changed === undefined);
  const error = useAppState(({ run }) => run.changedError);
  const summary = useData(clean && summaryKey(clean.key));
  const comparison = useKeptData(
    clean && changed ? comparisonKey(clean.key, changed.key) : undefined,
    clean?.key ?? '',
  );

  if (interventions.length === 0) {
    return (
      <p className="hs-interventions__empty">
        Nothing is changed. Select a head and press <kbd className="hs-keys">A</kbd>, or use Ablate above the map: its
        output is set to zero, and what that does to the prediction is shown here, on the tokens and beside the next
        token.
      </p>
    );
  }
  const tokens = summary?.status === 'ready' ? summary.value.tokens : [];
  const isRunning = job?.kind === 'changed';
  return (
    <div className="hs-interventions">
      <div className="hs-interventions__left">
        <InterventionList
          interventions={interventions}
          selected={head}
          onSelect={(next) => selectHead(store, next)}
          onChange={(position, next, merge) => changeIntervention(store, position, next, merge)}
          onRemove={(position) => removeIntervention(store, position)}
        />
        <Button small onClick={() => runCommand(services, 'interventions.clear')}>
          Remove all
        </Button>
      </div>
      <div
        className={classNames(
          'hs-interventions__effect',
          comparison.value && (isRunning || isStale || comparison.stale) && 'hs-stale',
        )}
      >
        {error ? (
          <Message bad={error.code !== 'cancelled'} text={error.message} hint={error.hint}>
            <Button small onClick={() => void session.runInterventions()}>
              Run it
            </Button>
          </Message>
        ) : comparison.error ? (
          <Message bad text={comparison.error.message} hint={comparison.error.hint} />
        ) : comparison.value && comparison.value.nllDelta.length === tokens.length ? (
          <>
            <EffectSummary
              comparison={comparison.value}
              badge={changed?.badge ?? 'exact'}
              computedFrom={from(interventions)}
            />
            <LikelihoodPlot
              delta={comparison.value.nllDelta}
              tokens={tokens}
              hover={hover}
              pinned={pinned}
              onHover={(index) => patch(store, 'ui', { hoverToken: index })}
              onPin={(index) => togglePin(store, index)}
            />
          </>
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
    </div>
  );
}

/** The first layer that is computed anew; the ones below are those of the clean run. */
function from(interventions: readonly { readonly where: { readonly layer: number } }[]): number {
  return Math.min(...interventions.map(({ where }) => where.layer));
}
