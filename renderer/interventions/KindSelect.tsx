import {
  INTERVENTION_KINDS,
  interventionKind,
  type InterventionKindId,
} from '../../shared/model/intervention-kinds/index.ts';
import type { InterventionPart } from '../../shared/model/intervention-kinds/kind.ts';
import { PART_NAMES } from './kind-words.ts';

interface KindSelectProps {
  readonly label: string;
  readonly what: InterventionKindId;
  readonly onChange: (what: InterventionKindId) => void;
}

const PARTS = Object.keys(PART_NAMES) as InterventionPart[];

/** Every kind, under the part of the computation that it edits; definitions stand in the tooltips. */
export function KindSelect({ label, what, onChange }: KindSelectProps) {
  return (
    <select
      className="hs-select hs-entry__kind"
      aria-label={label}
      title={interventionKind(what).definition}
      value={what}
      onChange={({ target }) => onChange(target.value as InterventionKindId)}
    >
      {PARTS.map((part) => (
        <optgroup key={part} label={PART_NAMES[part]}>
          {INTERVENTION_KINDS.filter((kind) => kind.part === part).map(({ id, name, definition }) => (
            <option key={id} value={id} title={definition}>
              {name}
            </option>
          ))}
        </optgroup>
      ))}
    </select>
  );
}
