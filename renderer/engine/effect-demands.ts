/** What the results of the interventions need to be known, of the scenario in force and of the one beside it. Pure. */
import type { RunHandle } from '../state/run-state.ts';
import type { AppState } from '../state/store.ts';
import { comparisonKey, logitsKey } from './data-keys.ts';
import type { Demand, Demands } from './demand.ts';

/** Where no run is changed nothing is needed. */
export function effectDemands({ run, ui }: Pick<AppState, 'run' | 'ui'>): Demands {
  const { clean, changed, other } = run;
  const asked = ui.askedLogits;
  if (!clean || !changed || changed.interventions === '') return {};
  const logits = (of: RunHandle): Demand | undefined => {
    if (!asked || asked.position >= of.tokens) return undefined;
    const { position, token, against } = asked;
    const params = { runId: of.runId, position, tokens: [token, against] };
    return {
      key: logitsKey(of.key, position, params.tokens),
      previews: false,
      load: (client, signal) => client.call('run.logits', params, { signal }),
    };
  };
  return present({
    comparison: comparison(clean, changed),
    cleanLogits: logits(clean),
    changedLogits: logits(changed),
    ...(other
      ? {
          otherComparison: comparison(clean, other),
          bothComparison: comparison(changed, other),
          otherLogits: logits(other),
        }
      : {}),
  });
}

function comparison(clean: RunHandle, changed: RunHandle): Demand {
  return {
    key: comparisonKey(clean.key, changed.key),
    previews: false,
    load: (client, signal) => client.call('run.compare', { clean: clean.runId, changed: changed.runId }, { signal }),
  };
}

function present(demands: Readonly<Record<string, Demand | undefined>>): Demands {
  return Object.fromEntries(Object.entries(demands).filter(([, demand]) => demand !== undefined));
}
