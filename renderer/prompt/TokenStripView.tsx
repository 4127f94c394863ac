import { useMemo } from 'react';
import { formatHead } from '../../shared/model/head-id.ts';
import type { TokenView } from '../../shared/model/token-view.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { useKeptData } from '../app/use-data.ts';
import { Segmented } from '../components/Segmented.tsx';
import { comparisonKey, sinksKey, tokenKey } from '../engine/data-keys.ts';
import { togglePin } from '../state/edits.ts';
import { focusToken, hasChanges, shownRun } from '../state/selectors.ts';
import { patch } from '../state/store.ts';
import type { StripColour } from '../state/view-state.ts';
import { attentionTints, changeTints, shareTints, type StripTints } from '../../shared/view/prompt/strip-tints.ts';
import { StripLegend } from './StripLegend.tsx';
import { TokenStrip } from './TokenStrip.tsx';

/** The strip with its switch and legend, fed from the run on screen. */
export function TokenStripView({ tokens }: { readonly tokens: readonly TokenView[] }) {
  const { store } = useApp();
  const head = useAppState(({ edit }) => edit.head);
  const pinned = useAppState(({ edit }) => edit.pinnedToken);
  const hover = useAppState(({ ui }) => ui.hoverToken);
  const tokenRange = useAppState(({ ui }) => ui.tokenRange);
  const stale = useAppState(({ run }) => run.stale || run.job?.kind === 'clean');
  const chosen = useAppState(({ view }) => view.stripColour);
  const clean = useAppState(({ run }) => run.clean);
  const changed = useAppState(({ run }) => run.changed);
  const shown = useAppState(shownRun);
  const token = useAppState(focusToken);
  const hasChange = useAppState(hasChanges);

  const colour: StripColour = chosen === 'change' && !hasChange ? 'outgoing' : chosen;
  const scope = `${clean?.key ?? ''}/${tokens.length}`;
  const attention = useKeptData(
    shown && head && token !== undefined ? tokenKey(shown.key, head, token) : undefined,
    scope,
  );
  const comparison = useKeptData(clean && changed ? comparisonKey(clean.key, changed.key) : undefined, scope);

  const threshold = useAppState(({ view }) => view.sinkThreshold);
  const sinks = useKeptData(shown && colour === 'sinks' ? sinksKey(shown.key, threshold) : undefined, scope);

  const tints = useMemo((): StripTints | undefined => {
    if (colour === 'change') return comparison.value && changeTints(comparison.value.nllDelta);
    if (colour === 'sinks') return sinks.error ? undefined : sinks.value && shareTints(sinks.value.rate);
    return attention.error ? undefined : attention.value && attentionTints(attention.value[colour]);
  }, [colour, attention.value, attention.error, comparison.value, sinks.value, sinks.error]);

  const name = head ? formatHead(head) : '';
  const which = token === undefined ? '' : `${token} “${tokens[token]?.display ?? ''}”`;
  const of = {
    outgoing: `p in ${name} from ${which}`,
    incoming: `p in ${name} to ${which}`,
    change: 'Change of −log p by the ablation, nats',
    sinks: `Share of heads that rest on the token, ε ${threshold}`,
  }[colour];
  const failure = { outgoing: attention.error, incoming: attention.error, change: undefined, sinks: sinks.error }[
    colour
  ];

  return (
    <>
      <div className="hs-strip-bar">
        <Segmented<StripColour>
          label="Colour of the tokens"
          value={colour}
          onChange={(stripColour) => patch(store, 'view', { stripColour })}
          options={[
            {
              value: 'outgoing',
              label: 'Looks at',
              title: 'Outgoing attention of the pinned token, or of the one under the pointer',
            },
            {
              value: 'incoming',
              label: 'Seen by',
              title: 'Incoming attention of the pinned token, or of the one under the pointer',
            },
            {
              value: 'change',
              label: 'Change',
              disabled: !hasChange,
              title: hasChange
                ? 'How much less or more likely each token became under the interventions'
                : 'Ablate a head first',
            },
            { value: 'sinks', label: 'Sinks', title: 'How many heads rest on each token' },
          ]}
        />
      </div>
      <TokenStrip
        tokens={tokens}
        tints={tints}
        stale={stale}
        pinned={pinned}
        onPin={(index) => {
          togglePin(store, index);
          patch(store, 'ui', { tokenRange: undefined });
        }}
        selection={tokenRange}
        onSelect={(next) => patch(store, 'ui', { tokenRange: next })}
        hover={hover}
        onHover={(index) => patch(store, 'ui', { hoverToken: index })}
      />
      {failure ? (
        <p className="hs-strip-legend hs-dim" title={failure.hint}>
          {failure.message}
        </p>
      ) : (
        <StripLegend tints={tints} of={of} />
      )}
    </>
  );
}
