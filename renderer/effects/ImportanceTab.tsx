import { scaleLinear } from 'd3';
import { useMemo, useState } from 'react';
import type { ImportanceRecord } from '../../shared/model/effect-results.ts';
import { formatHead } from '../../shared/model/head-id.ts';
import { errorTexts, farthestDots, importanceDots } from '../../shared/view/effects/importance-dots.ts';
import { formatNumber } from '../../shared/view/format.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { Button } from '../components/Button.tsx';
import { Switch } from '../components/Switch.tsx';
import { useElementWidth } from '../components/use-element-width.ts';
import { useScores } from '../scores/use-scores.ts';
import { selectHead } from '../state/edits.ts';
import { patch } from '../state/store.ts';
import { AboutResult } from './AboutResult.tsx';
import { FinalNormField } from './FinalNormField.tsx';
import { NumberSetting } from '../components/NumberSetting.tsx';
import { PLOT_MARGIN, PlotAxes } from './PlotAxes.tsx';
import { RunRow } from './RunRow.tsx';
import { BaseField } from './SweepForm.tsx';
import { useEffectResult } from './use-effect-result.ts';
import '../scores/scores.css';

const PLOT_PX = 300;
const NAMED = 6;

/** Importance of every head by a finite difference on its gate, beside the exact effect of leaving it out. */
export function ImportanceTab() {
  const { store, session } = useApp();
  const result = useEffectResult('importance');
  const { epsilon, signed } = useAppState(({ effects }) => effects.settings);
  const [ref, width] = useElementWidth();
  const { entries } = useScores();
  const score = result && `${result.origin}:${result.scores.approximate}`;
  // Whoever removes the tables from the lists keeps the result.
  const isListed = entries.some(({ key }) => key === score);

  return (
    <>
      <div className="hs-effects__form">
        <NumberSetting
          label="epsilon"
          title="How far the gate of a head is moved from 1: (loss at 1 − epsilon − loss at 1) / epsilon."
          value={epsilon}
          min={1e-3}
          max={1}
          integer={false}
          onChange={(next) => session.effects.set({ epsilon: next })}
        />
        <Switch label="signed" checked={signed} onChange={(next) => session.effects.set({ signed: next })} />
        <FinalNormField />
        <BaseField />
      </div>
      <RunRow kind="importance" label="Measure importance" onRun={() => void session.effects.importance()} />
      <div ref={ref}>
        {!result ? (
          <p className="hs-effects__hint">
            The score of Michel et al. 2019 is the slope of the loss at the gate of a head. Here it is a finite
            difference, without gradients, and its error against leaving the head out altogether is shown beside it: a
            slope can be flat where the whole head matters.
          </p>
        ) : (
          <>
            <AboutResult
              title="Finite difference beside exact leave-one-out"
              about={result.about}
              work={result.work}
              badge="propagated"
              figure="importance"
            >
              {isListed && (
                <Button small onClick={() => patch(store, 'view', { scoreId: score, sortBy: score })}>
                  To the atlas
                </Button>
              )}
            </AboutResult>
            <p className="hs-small">{errorTexts(result).join(', ')}.</p>
            <ErrorScatter
              record={result}
              width={Math.max(260, Math.min(width, 640))}
              onSelect={(layer, head) => selectHead(store, { layer, head })}
            />
          </>
        )}
      </div>
    </>
  );
}

interface ErrorScatterProps {
  readonly record: ImportanceRecord;
  readonly width: number;
  readonly onSelect: (layer: number, head: number) => void;
}

/** A dot a head; on the diagonal both agree. */
function ErrorScatter({ record, width, onSelect }: ErrorScatterProps) {
  const [pointed, setPointed] = useState<number>();
  const selected = useAppState(({ edit }) => edit.head);
  const { left, right, top, bottom } = PLOT_MARGIN;
  const { heads } = record.about;
  const { dots, x: across, y: up } = useMemo(() => importanceDots(record), [record]);
  const x = scaleLinear()
    .domain([across.lo, across.hi])
    .range([left, width - right]);
  const y = scaleLinear()
    .domain([up.lo, up.hi])
    .range([PLOT_PX - bottom, top]);
  const nameOf = (index: number) => formatHead({ layer: Math.floor(index / heads), head: index % heads });
  const named = new Set(farthestDots(dots, NAMED).map(({ index }) => index));
  const said = dots.find(({ index }) => index === pointed);
  const nearest = (event: React.PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const [px, py] = [event.clientX - box.x, event.clientY - box.y];
    const distance = (dot: (typeof dots)[number]) => Math.hypot(x(dot.exact) - px, y(dot.approximate) - py);
    return dots.toSorted((a, b) => distance(a) - distance(b))[0]?.index;
  };
  return (
    <figure className="hs-effects__plot">
      <svg
        className="hs-plot"
        width={width}
        height={PLOT_PX}
        role="img"
        aria-label={`${up.name} against ${across.name}, a dot a head`}
        onPointerMove={(event) => setPointed(nearest(event))}
        onPointerLeave={() => setPointed(undefined)}
        onClick={() => said && onSelect(Math.floor(said.index / heads), said.index % heads)}
      >
        <PlotAxes x={x} y={y} across={across} up={up} width={width} height={PLOT_PX} />
        <line className="hs-effects__none" x1={x(across.lo)} y1={y(up.lo)} x2={x(across.hi)} y2={y(up.hi)} />
        {dots.map((dot) => (
          <circle
            key={dot.index}
            className={
              selected && selected.layer * heads + selected.head === dot.index ? 'hs-effects__dot' : 'hs-plot__dot'
            }
            cx={x(dot.exact)}
            cy={y(dot.approximate)}
            r={dot.index === pointed ? 5 : 3.5}
          />
        ))}
        {dots
          .filter(({ index }) => named.has(index) || index === pointed)
          .map((dot) => (
            <text
              key={dot.index}
              className="hs-plot__name"
              x={x(dot.exact) + (x(dot.exact) > width - 60 ? -7 : 7)}
              y={y(dot.approximate) - 6}
              textAnchor={x(dot.exact) > width - 60 ? 'end' : 'start'}
            >
              {nameOf(dot.index)}
            </text>
          ))}
      </svg>
      <figcaption className="hs-small hs-dim" aria-live="polite">
        {said
          ? `${nameOf(said.index)}: finite difference ${formatNumber(said.approximate)}, exact ${formatNumber(said.exact)}`
          : 'On the dashed line both agree. Click a dot to select its head.'}
      </figcaption>
    </figure>
  );
}
