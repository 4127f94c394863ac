import { GAMMA_RANGE } from '../state/view-state.ts';

export interface GammaControlProps {
  readonly gamma: number;
  readonly onGamma: (gamma: number) => void;
}

/** Exponent of the colour scale. A double click takes it back to 1. */
export function GammaControl({ gamma, onGamma }: GammaControlProps) {
  const { min, max, step } = GAMMA_RANGE;
  return (
    <label
      className="hs-map__field"
      title="Gamma of the colours: below 1 lifts what is low, above 1 keeps only what is high. Double click: 1."
    >
      <span aria-hidden="true">γ</span>
      <input
        type="range"
        aria-label="Gamma"
        min={min}
        max={max}
        step={step}
        value={gamma}
        onChange={(event) => onGamma(Number(event.target.value))}
        onDoubleClick={() => onGamma(1)}
      />
      <output>{gamma.toFixed(2)}</output>
    </label>
  );
}
