import { useCallback, useMemo, useState } from 'react';
import type { PathsRecord } from '../../shared/model/effect-results.ts';
import { formatHead } from '../../shared/model/head-id.ts';
import {
  DIRECTION_WORDS,
  movedColour,
  movedLegend,
  movedMap,
  movedOf,
  movedScale,
  movedText,
} from '../../shared/view/effects/patch-grid.ts';
import { PATH_INPUTS, straightText } from '../../shared/view/effects/path-words.ts';
import { formatNumber, formatSigned } from '../../shared/view/format.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { useData } from '../app/use-data.ts';
import { Segmented } from '../components/Segmented.tsx';
import { useElementWidth } from '../components/use-element-width.ts';
import { summaryKey } from '../engine/data-keys.ts';
import { useThemeColours } from '../map/use-theme-colours.ts';
import { selectHead } from '../state/edits.ts';
import { AboutResult } from './AboutResult.tsx';
import { ColourScale } from './ColourScale.tsx';
import { HeatGrid } from './HeatGrid.tsx';
import { PairEditor } from './PairEditor.tsx';
import { RunRow } from './RunRow.tsx';
import { TargetForm } from './TargetForm.tsx';
import { useEffectResult } from './use-effect-result.ts';
import { useSamePrompts } from './use-same-prompts.ts';

/** What the selected head sends straight to every later one, and to the logits. */
export function PathsTab() {
  const { session } = useApp();
  const result = useEffectResult('paths');
  const { direction, mlps } = useAppState(({ effects }) => effects.settings);
  const head = useAppState(({ edit }) => edit.head);
  const clean = useAppState(({ run }) => run.clean);
  const summary = useData(clean && summaryKey(clean.key));
  const isSame = useSamePrompts();
  const [ref, width] = useElementWidth();

  return (
    <>
      <PairEditor />
      <div className="hs-effects__form">
        <span className="hs-effects__field">
          <span>direction</span>
          <Segmented
            label="Direction"
            options={[
              { value: 'denoise', label: 'denoise', title: DIRECTION_WORDS.denoise.name },
              { value: 'noise', label: 'noise', title: DIRECTION_WORDS.noise.name },
            ]}
            value={direction === 'noise' ? 'noise' : 'denoise'}
            onChange={(value) => session.effects.set({ direction: value })}
          />
        </span>
        <span className="hs-effects__field">
          <span>MLPs</span>
          <Segmented
            label="MLPs"
            options={[
              { value: 'recomputed', label: 'pass it on', title: 'MLPs between sender and receiver see the change' },
              { value: 'frozen', label: 'frozen', title: 'The direct path alone' },
            ]}
            value={mlps}
            onChange={(value) => session.effects.set({ mlps: value })}
          />
        </span>
        <TargetForm summary={summary?.status === 'ready' ? summary.value : undefined} />
      </div>
      <RunRow
        kind="paths"
        label={head ? `Follow the paths from ${formatHead(head)}` : 'Follow the paths'}
        refusal={
          head ? (isSame ? 'Change the corrupted prompt first.' : undefined) : 'No head is selected: it is the sender.'
        }
        onRun={() => void session.effects.paths()}
      />
      <div ref={ref}>
        {result ? (
          <PathMaps record={result} width={width} />
        ) : (
          <p className="hs-effects__hint">
            The output of the selected head is taken from the other prompt, every other head is kept as it was, and what
            reaches the queries, keys or values of each later head is put in there alone (Wang et al. 2022, appendix B).
          </p>
        )}
      </div>
    </>
  );
}

const GAP_PX = 12;
const THREE_COLUMNS_PX = 560;

function PathMaps({ record, width }: { readonly record: PathsRecord; readonly width: number }) {
  const { store } = useApp();
  const ground = useThemeColours().theme;
  const selected = useAppState(({ edit }) => edit.head);
  const [pointed, setPointed] = useState<{ readonly input: string; readonly row: number; readonly column: number }>();
  const { about, direction, sender, mlps } = record;
  const moved = useMemo(
    () => ({ q: movedOf(direction, record.q), k: movedOf(direction, record.k), v: movedOf(direction, record.v) }),
    [direction, record],
  );
  const scale = useMemo(() => movedScale(Object.values(moved)), [moved]);
  const colour = useCallback((value: number) => movedColour(scale, value, ground), [scale, ground]);
  const columns = width >= THREE_COLUMNS_PX ? 3 : 1;
  const words = DIRECTION_WORDS[direction];
  const said = pointed && moved[pointed.input as 'q'][pointed.row * about.heads + pointed.column]!;
  return (
    <>
      <AboutResult
        title={`Paths from ${formatHead(sender)}`}
        about={about}
        work={record.work}
        badge="propagated"
        figure="paths"
      />
      <p className="hs-small">
        Sent <strong>{straightText(record)}</strong>.{' '}
        <span className="hs-dim">
          logit({record.token.display}) − logit({record.against.display}): clean {formatSigned(record.clean)}, corrupted{' '}
          {formatSigned(record.corrupted)}. MLPs {mlps === 'frozen' ? 'frozen' : 'pass it on'}.
        </span>
      </p>
      <div className={columns === 3 ? 'hs-effects__thirds' : undefined}>
        {PATH_INPUTS.map(({ id, name }) => (
          <section key={id} className="hs-effects__map" aria-label={`${formatHead(sender)} ${name}`}>
            <h4>{name}</h4>
            <HeatGrid
              rows={about.layers}
              columns={about.heads}
              values={moved[id]}
              colour={colour}
              text={movedText}
              rowName={(row) => `L${row}`}
              columnName={String}
              label={`${name} of each later head: ${words.scale}`}
              width={columns === 3 ? Math.floor(width / 3) - GAP_PX : width}
              largest={34}
              selected={selected && { row: selected.layer, column: selected.head }}
              onCell={(row, column) => selectHead(store, { layer: row, head: column })}
              onPoint={(cell) => setPointed(cell && { input: id, ...cell })}
            />
          </section>
        ))}
      </div>
      <p className="hs-dim hs-small" aria-live="polite">
        {pointed === undefined || said === undefined
          ? 'Layers down, heads across; layers up to the sender’s are empty.'
          : `${formatHead({ layer: pointed.row, head: pointed.column })} ${PATH_INPUTS.find(({ id }) => id === pointed.input)!.name}: ${
              Number.isNaN(said) ? 'not after the sender' : formatNumber(said)
            }`}
      </p>
      <ColourScale scale={scale} map={movedMap(ground)} lines={movedLegend([direction])} />
    </>
  );
}
