import { formatHead, type HeadId } from '../../shared/model/head-id.ts';
import { zeroHead, type Intervention } from '../../shared/model/intervention.ts';
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
        const head = entry.where;
        const name = formatHead(head);
        const isSelected = selected?.layer === head.layer && selected.head === head.head;
        return (
          <li key={`${position}-${name}`} className="hs-interventions__entry">
            <Button small look="quiet" aria-pressed={isSelected} className="hs-mono" onClick={() => onSelect(head)}>
              {name}
            </Button>
            <select
              className="hs-select"
              aria-label={`What is done to ${name}`}
              value={entry.what}
              onChange={(event) =>
                onChange(
                  position,
                  event.target.value === 'zero' ? zeroHead(head) : { what: 'scale', where: head, factor: 0.5 },
                )
              }
            >
              <option value="zero">zero output</option>
              <option value="scale">scale output by</option>
            </select>
            {entry.what === 'scale' && (
              <FactorField
                label={`Factor of ${name}`}
                value={entry.factor}
                onChange={(factor) => onChange(position, { ...entry, factor }, true)}
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
