import type { ScoreTable } from '../../shared/model/score.ts';

interface ScoreSelectProps {
  readonly scores: readonly ScoreTable[];
  readonly value: string | undefined;
  readonly onChange: (id: string) => void;
}

/** Every score of the run; those without a value on this prompt stand below, with the reason. */
export function ScoreSelect({ scores, value, onChange }: ScoreSelectProps) {
  const applicable = scores.filter(({ values }) => values !== null);
  const others = scores.filter(({ values }) => values === null);
  return (
    <select
      className="hs-select hs-score-select"
      aria-label="Score shown in the atlas"
      value={value ?? ''}
      onChange={(event) => onChange(event.target.value)}
    >
      {applicable.map(({ info }) => (
        <option key={info.id} value={info.id} title={info.definition}>
          {info.name}, {info.unit}
        </option>
      ))}
      {others.length > 0 && (
        <optgroup label="Not on this prompt">
          {others.map(({ info, notApplicable }) => (
            <option key={info.id} value={info.id} disabled>
              {info.name}: {notApplicable}
            </option>
          ))}
        </optgroup>
      )}
    </select>
  );
}
