import { useMemo } from 'react';
import type { Intervention } from '../../shared/model/intervention.ts';
import { interventionKind } from '../../shared/model/intervention-kinds/index.ts';
import type { PositionRange } from '../../shared/model/position-ranges.ts';
import type { TokenView } from '../../shared/model/token-view.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { IN_GENERATION, MAPS_AFTER } from './kind-words.ts';
import { ParameterField } from './ParameterField.tsx';
import { rangeChoices } from './range-choices.ts';
import { RangesField } from './RangesField.tsx';
import { SourceField } from './SourceField.tsx';

interface EntryDetailProps {
  readonly entry: Intervention;
  readonly of: string;
  readonly tokens: readonly TokenView[];
  readonly onChange: (next: Intervention, merge: boolean) => void;
}

/** Everything about an entry: what it does, all that can be set, what becomes of maps and of generated text. */
export function EntryDetail({ entry, of, tokens, onChange }: EntryDetailProps) {
  const kind = interventionKind(entry.what);
  const rows = useRangeChoices('rows');
  const keys = useRangeChoices('keys');
  const set = (part: 'rows' | 'keys', ranges: PositionRange[] | undefined) => {
    onChange(withPart(entry, part, ranges), false);
  };
  return (
    <div className="hs-entry__detail" role="group" aria-label={`What is done to ${of}, in full`}>
      <p className="hs-entry__definition">
        {kind.definition} <span className="hs-dim">{kind.source}.</span>
      </p>
      {kind.caution !== undefined && <p className="hs-entry__caution">{kind.caution}</p>}
      {kind.parameters.length > 0 && (
        <div className="hs-entry__field">
          <span className="hs-entry__label">Parameters</span>
          {kind.parameters.map((parameter) => (
            <ParameterField key={parameter.id} {...{ entry, of, parameter, onChange }} />
          ))}
        </div>
      )}
      {kind.rows && (
        <RangesField
          label="Query positions"
          title="Rows of the attention that are changed"
          none="all"
          ranges={entry.rows}
          choices={rows}
          onChange={(ranges) => set('rows', ranges)}
        />
      )}
      {kind.keys !== 'none' && (
        <RangesField
          label="Key positions"
          title="Keys that the entry is about"
          none={kind.keys === 'optional' ? 'as the kind says' : 'none'}
          ranges={entry.keys}
          choices={keys}
          onChange={(ranges) => set('keys', ranges)}
        />
      )}
      {kind.sources !== 'none' && (
        <SourceField
          entry={entry}
          tokens={tokens}
          onChange={(source) => onChange(withPart(entry, 'source', source), false)}
        />
      )}
      <p className="hs-dim hs-small">
        {MAPS_AFTER[kind.maps].meaning} {IN_GENERATION[kind.generation].meaning}
      </p>
    </div>
  );
}

/** The entry with or without one of the parts that it need not have. */
function withPart<P extends 'rows' | 'keys' | 'source'>(
  entry: Intervention,
  part: P,
  value: Intervention[P],
): Intervention {
  const others = Object.fromEntries(Object.entries(entry).filter(([key]) => key !== part)) as Intervention;
  return value === undefined ? others : { ...others, [part]: value };
}

/** What is marked on screen, read anew only when that may have changed. */
function useRangeChoices(of: 'rows' | 'keys') {
  const { store } = useApp();
  const edit = useAppState((state) => state.edit);
  const tokenRange = useAppState(({ ui }) => ui.tokenRange);
  const brush = useAppState(({ view }) => view.brush);
  return useMemo(() => {
    const { ui, view, run } = store.getState();
    return rangeChoices({ edit, run, ui: { ...ui, tokenRange }, view: { ...view, brush } }, of);
  }, [store, edit, tokenRange, brush, of]);
}
