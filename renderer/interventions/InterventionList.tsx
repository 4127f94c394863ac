import type { HeadId } from '../../shared/model/head-id.ts';
import { numberParameter, type Intervention } from '../../shared/model/intervention.ts';
import { formatPlace, samePlace } from '../../shared/model/place.ts';
import { Button } from '../components/Button.tsx';
import { FactorField } from './FactorField.tsx';

interface InterventionListProps {
  readonly interventions: readonly Intervention[];
  readonly selected: HeadId | undefined;
  readonly onSelect: (head: HeadId) => void;
  /** `merge`: part of one gesture, such as typing. */
  readonly onChange: (position: number, next: Intervention, merge?: boolean) => void;
  readonly onRemove: (position: number) => void;
}

/** What is done to which head, in order. */
export function InterventionList({ interventions, selected, onSelect, onChange, onRemove }: InterventionListProps) {
  return (
    <ul className="hs-interventions__list">
      {interventions.map((entry, position) => {
        const { where } = entry;
        const name = formatPlace(where);
        const isSelected = selected !== undefined && samePlace(where, selected);
        return (
          <li key={`${position}-${name}`} className="hs-interventions__entry">
            <Button
              small
              look="quiet"
              aria-pressed={isSelected}
              className="hs-mono"
              onClick={() => 'head' in where && onSelect(where)}
            >
              {name}
            </Button>
            <select
              className="hs-select"
              aria-label={`What is done to ${name}`}
              value={entry.what}
              onChange={(event) =>
                onChange(
                  position,
                  event.target.value === 'zero'
                    ? { what: 'zero', where }
                    : { what: 'scale', where, parameters: { factor: 0.5 } },
                )
              }
            >
              <option value="zero">zero output</option>
              <option value="scale">scale output by</option>
            </select>
            {entry.what === 'scale' && (
              <FactorField
                label={`Factor of ${name}`}
                value={numberParameter(entry, 'factor')}
                onChange={(factor) => onChange(position, { ...entry, parameters: { factor } }, true)}
              />
            )}
            <Button
              small
              icon
              look="quiet"
              className="hs-interventions__remove"
              aria-label={`Remove the intervention on ${name}`}
              onClick={() => onRemove(position)}
            >
              ✕
            </Button>
          </li>
        );
      })}
    </ul>
  );
}
