import { EFFECT_METRICS, type EffectMetric } from '../../shared/model/effect.ts';
import { METRIC_WORDS } from '../../shared/view/effects/metric-words.ts';

interface MetricSelectProps {
  readonly label: string;
  readonly value: EffectMetric;
  readonly onChange: (metric: EffectMetric) => void;
}

export function MetricSelect({ label, value, onChange }: MetricSelectProps) {
  return (
    <label className="hs-effects__field" title={METRIC_WORDS[value].meaning}>
      <span>{label}</span>
      <select
        className="hs-select hs-effects__select"
        value={value}
        onChange={({ target }) => onChange(target.value as EffectMetric)}
      >
        {EFFECT_METRICS.map((metric) => (
          <option key={metric} value={metric}>
            {METRIC_WORDS[metric].name}, {METRIC_WORDS[metric].unit}
          </option>
        ))}
      </select>
    </label>
  );
}
