import { useState } from 'react';
import { formatHead } from '../../shared/model/head-id.ts';
import { zeroHead } from '../../shared/model/intervention.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { useData } from '../app/use-data.ts';
import { Button } from '../components/Button.tsx';
import { runCommand } from '../commands/registry.ts';
import { summaryKey } from '../engine/data-keys.ts';
import { addInterventions } from '../state/intervention-edits.ts';
import { AddEntry } from './AddEntry.tsx';
import { EffectResults } from './EffectResults.tsx';
import { InterventionList } from './InterventionList.tsx';
import { ListText } from './ListText.tsx';
import { ScenarioBar } from './ScenarioBar.tsx';
import './interventions.css';

const NO_TOKENS = [] as const;

/** What is changed in the model, and what that does to the prompt. */
export function InterventionsPanel() {
  const services = useApp();
  const model = useAppState((state) => state.model.info);
  const interventions = useAppState(({ edit }) => edit.interventions);
  const scenarios = useAppState(({ edit }) => edit.scenarios.length);
  const head = useAppState(({ edit }) => edit.head);
  const clean = useAppState(({ run }) => run.clean);
  const error = useAppState(({ run }) => run.changedError);
  const summary = useData(clean && summaryKey(clean.key));
  const [asText, setAsText] = useState(false);
  const tokens = summary?.status === 'ready' ? summary.value.tokens : NO_TOKENS;

  if (!model) return <p className="hs-interventions__empty">Open a model to change heads in it.</p>;
  const isEmpty = interventions.length === 0;
  return (
    <div className="hs-interventions">
      <div className="hs-interventions__left">
        <div className="hs-interventions__bar">
          <ScenarioBar />
        </div>
        {asText ? (
          <ListText interventions={interventions} model={model} onClose={() => setAsText(false)} />
        ) : (
          <>
            {!isEmpty && (
              <InterventionList
                interventions={interventions}
                model={model}
                tokens={tokens}
                selected={head}
                error={error}
              />
            )}
            <AddEntry model={model} selected={head} />
          </>
        )}
        <span className="hs-interventions__tools">
          <Button small look="quiet" aria-expanded={asText} onClick={() => setAsText(!asText)}>
            As text
          </Button>
          {!isEmpty && (
            <Button small look="quiet" onClick={() => runCommand(services, 'interventions.clear')}>
              Remove all
            </Button>
          )}
        </span>
      </div>
      {isEmpty ? (
        <div className="hs-interventions__empty">
          <p>
            {scenarios > 1 ? 'This scenario changes nothing.' : 'Nothing is changed.'} Select a head and press{' '}
            <kbd className="hs-keys">A</kbd>, click a layer or a KV group at the edge of the atlas, or type a place:
            what is done there and what it does to the prediction is shown here.
          </p>
          {head && (
            <Button small onClick={() => addInterventions(services.store, [zeroHead(head)])}>
              Example: set the output of {formatHead(head)} to zero
            </Button>
          )}
        </div>
      ) : (
        <EffectResults />
      )}
    </div>
  );
}
