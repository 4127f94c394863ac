import { useState } from 'react';
import { HEAD_KINDS, HEAD_KIND_RULES, type HeadKindLabel } from '../../shared/model/head-kinds.ts';
import type { ModelInfo } from '../../shared/model/model-info.ts';
import { isFiltering, NO_FILTER } from '../../shared/view/atlas/head-filter.ts';
import { formatScore, scoreDecimals, scoreScale } from '../../shared/view/atlas/score-colours.ts';
import { formatCount } from '../../shared/view/format.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { classNames } from '../base/class-names.ts';
import { Button } from '../components/Button.tsx';
import { setFilter } from '../state/edits.ts';
import { entryName, type ScoreEntry } from './score-entries.ts';

interface FilterBarProps {
  readonly model: ModelInfo;
  /** What the list is ranked by; the threshold is on it. Undefined: natural order. */
  readonly ranking: ScoreEntry | undefined;
  readonly kinds: readonly (readonly HeadKindLabel[])[];
  /** Heads that pass. */
  readonly count: number;
}

const STEPS = 200;

/** Narrows all heads down: by a threshold, and by layers, kind and KV group. */
export function FilterBar({ model, ranking, kinds, count }: FilterBarProps) {
  const { store } = useApp();
  const filter = useAppState(({ edit }) => edit.filter);
  const [isOpen, setIsOpen] = useState(false);
  const total = model.layers * model.heads;
  const table = ranking?.table;
  const scale = table && scoreScale(table);
  const step = scale ? (scale.hi - scale.lo) / STEPS : 1;
  const at = filter.threshold && filter.threshold.score === ranking?.key ? filter.threshold.value : undefined;
  const last = model.layers - 1;
  const [from, to] = filter.layers ?? [0, last];
  const setLayers = (first: number, end: number) =>
    setFilter(store, { layers: first === 0 && end === last ? undefined : [first, Math.max(first, end)] });

  return (
    <div className="hs-filter">
      <div className="hs-filter__line">
        {scale && (
          <label className="hs-filter__threshold" title={`Heads whose ${entryName(ranking)} is at least this`}>
            <span className="hs-nowrap">≥ {formatScore(at ?? scale.lo, scoreDecimals(scale))}</span>
            <input
              type="range"
              aria-label={`Least ${entryName(ranking)}`}
              min={scale.lo}
              max={scale.hi}
              step={step}
              value={at ?? scale.lo}
              onChange={(event) => {
                const value = Number(event.target.value);
                const threshold = value <= scale.lo ? undefined : { score: ranking.key, value };
                setFilter(store, { threshold }, 'threshold');
              }}
            />
          </label>
        )}
        <span className="hs-filter__count" aria-live="polite">
          {formatCount(count)} of {formatCount(total)}
        </span>
        <Button
          small
          look="quiet"
          aria-expanded={isOpen}
          title="Filter by layers, kind and KV group"
          onClick={() => setIsOpen(!isOpen)}
        >
          Filter
        </Button>
        {isFiltering(filter) && (
          <Button small look="quiet" onClick={() => setFilter(store, NO_FILTER)}>
            Clear
          </Button>
        )}
      </div>
      {isOpen && (
        <div className="hs-filter__more">
          <label>
            Layers{' '}
            <LayerSelect label="First layer" last={last} value={from} onChange={(first) => setLayers(first, to)} />
          </label>
          <label>
            to{' '}
            <LayerSelect
              label="Last layer"
              last={last}
              value={to}
              onChange={(end) => setLayers(Math.min(from, end), end)}
            />
          </label>
          {model.kvHeads < model.heads && (
            <label>
              KV group{' '}
              <select
                className="hs-select"
                value={filter.group ?? ''}
                onChange={(event) =>
                  setFilter(store, { group: event.target.value === '' ? undefined : Number(event.target.value) })
                }
              >
                <option value="">all</option>
                {Array.from({ length: model.kvHeads }, (_, group) => (
                  <option key={group} value={group}>
                    KV{group}
                  </option>
                ))}
              </select>
            </label>
          )}
          {filter.brushed && (
            <Button small look="quiet" onClick={() => setFilter(store, { brushed: undefined })}>
              ✕ {filter.brushed.length} drawn in the scatter
            </Button>
          )}
          <div className="hs-filter__kinds" role="group" aria-label="Kinds">
            {HEAD_KINDS.map((kind) => {
              const having = kinds.filter((labels) => labels.some((label) => label.kind === kind)).length;
              const isOn = filter.kinds.includes(kind);
              return (
                <button
                  key={kind}
                  type="button"
                  className={classNames('hs-kind', `hs-kind--${kind}`, 'hs-kind--button')}
                  aria-pressed={isOn}
                  disabled={having === 0 && !isOn}
                  title={`${HEAD_KIND_RULES[kind].meaning} ${HEAD_KIND_RULES[kind].source}.`}
                  onClick={() =>
                    setFilter(store, {
                      kinds: isOn ? filter.kinds.filter((other) => other !== kind) : [...filter.kinds, kind],
                    })
                  }
                >
                  {HEAD_KIND_RULES[kind].name} {having}
                </button>
              );
            })}
          </div>
        </div>
      )}
    </div>
  );
}

interface LayerSelectProps {
  readonly label: string;
  readonly last: number;
  readonly value: number;
  readonly onChange: (layer: number) => void;
}

function LayerSelect({ label, last, value, onChange }: LayerSelectProps) {
  return (
    <select
      className="hs-select"
      aria-label={label}
      value={value}
      onChange={(event) => onChange(Number(event.target.value))}
    >
      {Array.from({ length: last + 1 }, (_, layer) => (
        <option key={layer} value={layer}>
          L{layer}
        </option>
      ))}
    </select>
  );
}
