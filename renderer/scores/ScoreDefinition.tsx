import { formatNumber } from '../../shared/view/format.ts';
import { usedText } from '../../shared/view/used-parameters.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { Button } from '../components/Button.tsx';
import { Message } from '../components/Message.tsx';
import { ProgressBar } from '../components/ProgressBar.tsx';
import { patch } from '../state/store.ts';
import { jobText } from './job-text.ts';
import { otherThanDefaults } from './other-than-defaults.ts';
import { ParameterForm } from './ParameterForm.tsx';
import type { ScoreEntry } from './score-entries.ts';
import { costText, DATA_WORDS } from './score-words.ts';

/** What a score is, what it needs, and how to get it. */
export function ScoreDefinition({ entry }: { readonly entry: ScoreEntry }) {
  const { store } = useApp();
  const parameters = useAppState(({ scores }) => scores.parameters);
  const { info, table, origin } = entry;
  return (
    <div className="hs-definition">
      <p>{info.definition}</p>
      <Availability entry={entry} />
      <dl className="hs-definition__facts">
        <dt>Unit</dt>
        <dd>
          {info.unit}, by {info.granularity === 'head' ? 'head' : 'KV group'}
        </dd>
        <dt>Source</dt>
        <dd>{info.source}</dd>
        <dt>Needs</dt>
        <dd>{DATA_WORDS[info.data]}</dd>
        <dt>Costs</dt>
        <dd>{origin?.kind === 'file' ? 'nothing: it was read from a file' : costText(info)}</dd>
        <dt>Uniform attention</dt>
        <dd>
          {info.floor ?? 'says nothing here'}
          {table && table.floor !== null && `; here ${formatNumber(table.floor)}`}
        </dd>
        {origin && (
          <>
            <dt>Origin</dt>
            <dd>
              {origin.name}: {origin.detail}
            </dd>
          </>
        )}
        {table && Object.keys(table.parameters).length > 0 && (
          <>
            <dt>As used</dt>
            <dd>{usedText(table)}</dd>
          </>
        )}
      </dl>
      {!origin && info.parameters.length > 0 && (
        <ParameterForm
          // What was typed for one score is none of another.
          key={info.id}
          label={`Parameters of ${info.name}`}
          parameters={info.parameters}
          values={parameters[info.id] ?? {}}
          onChange={(values) => {
            const own = otherThanDefaults(values, info.parameters);
            patch(store, 'scores', { parameters: { ...parameters, [info.id]: own } });
          }}
        />
      )}
    </div>
  );
}

function Availability({ entry }: { readonly entry: ScoreEntry }) {
  const { store, session } = useApp();
  const { forwards, forwardsError } = useAppState(({ scores }) => scores);
  const { info, status, reason, how, origin } = entry;
  if (status === 'coming') return <p className="hs-dim">It is being computed.</p>;
  if (how === 'forwards' && forwards) {
    return (
      <div className="hs-definition__job">
        <ProgressBar label={forwards.name} progress={forwards.progress} />
        <span className="hs-dim hs-small">{jobText(forwards)}</span>
        <Button small onClick={() => session.scores.cancelForwards()}>
          Cancel
        </Button>
      </div>
    );
  }
  if (origin) {
    return (
      <p>
        <Button small onClick={() => session.scores.removeOrigin(origin.id)}>
          Remove {origin.name}
        </Button>
      </p>
    );
  }
  if (status === 'computable') {
    return (
      <>
        {how === 'forwards' && forwardsError && (
          <Message bad text={forwardsError.message} hint={forwardsError.hint ?? undefined} />
        )}
        <p>
          <Button
            small
            look="primary"
            onClick={() => {
              if (how === 'forwards') void session.scores.computeForwards([info.id]);
              else patch(store, 'scores', how === 'weights' ? { weights: true } : { further: true });
            }}
          >
            {how === 'forwards'
              ? 'Compute'
              : how === 'weights'
                ? 'Compute those of the weights'
                : 'Compute further scores'}
          </Button>
        </p>
      </>
    );
  }
  if (status !== 'not-here') return null;
  return (
    <>
      <p className="hs-definition__reason">{reason}</p>
      {how === 'probe' && (
        <p>
          <Button small onClick={() => patch(store, 'ui', { dialog: 'probe' })}>
            Run a probe set…
          </Button>
        </p>
      )}
    </>
  );
}
