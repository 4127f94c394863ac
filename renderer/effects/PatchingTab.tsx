import { PATCH_GRIDS, PATCH_HOOKS, type PatchGrid, type PatchHook } from '../../shared/model/effect.ts';
import { formatHead } from '../../shared/model/head-id.ts';
import { DIRECTION_WORDS } from '../../shared/view/effects/patch-grid.ts';
import { formatSigned } from '../../shared/view/format.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { useData } from '../app/use-data.ts';
import { Segmented } from '../components/Segmented.tsx';
import { useElementWidth } from '../components/use-element-width.ts';
import { summaryKey } from '../engine/data-keys.ts';
import { AboutResult } from './AboutResult.tsx';
import { PairEditor } from './PairEditor.tsx';
import { PatchMaps } from './PatchMaps.tsx';
import { RunRow } from './RunRow.tsx';
import { TargetForm } from './TargetForm.tsx';
import { useEffectResult } from './use-effect-result.ts';
import { useSamePrompts } from './use-same-prompts.ts';

export const HOOK_NAMES: Readonly<Record<PatchHook, string>> = {
  z: 'head outputs z',
  q: 'queries',
  k: 'keys',
  v: 'values',
  pattern: 'patterns',
  resid: 'residuals entering a layer',
};
const GRID_NAMES: Readonly<Record<PatchGrid, string>> = {
  head: 'heads',
  'layer-position': 'layers × positions',
  'head-position': 'positions of one head',
};

/** Values of one prompt put into the run of the other, one place after the other, in both directions. */
export function PatchingTab() {
  const { session } = useApp();
  const result = useEffectResult('patching');
  const { hook, grid, direction } = useAppState(({ effects }) => effects.settings);
  const head = useAppState(({ edit }) => edit.head);
  const clean = useAppState(({ run }) => run.clean);
  const summary = useData(clean && summaryKey(clean.key));
  const isSame = useSamePrompts();
  const [ref, width] = useElementWidth();
  // Residuals have no heads; single positions of patterns are rows, which layers of heads do not share.
  const grids = PATCH_GRIDS.filter((one) => (hook === 'resid' ? one === 'layer-position' : true));
  const chosenGrid = grids.includes(grid) ? grid : grids[0]!;
  const ends = result?.denoise ?? result?.noise;

  return (
    <>
      <PairEditor />
      <div className="hs-effects__form">
        <label className="hs-effects__field">
          <span>patch</span>
          <select
            className="hs-select hs-effects__select"
            value={hook}
            onChange={({ target }) => {
              const next = target.value as PatchHook;
              session.effects.set({ hook: next, ...(next === 'resid' ? { grid: 'layer-position' } : {}) });
            }}
          >
            {PATCH_HOOKS.map((value) => (
              <option key={value} value={value}>
                {HOOK_NAMES[value]}
              </option>
            ))}
          </select>
        </label>
        <span className="hs-effects__field">
          <span>of</span>
          <Segmented
            label="Grid"
            options={PATCH_GRIDS.map((value) => ({
              value,
              label: value === 'head-position' && head ? `positions of ${formatHead(head)}` : GRID_NAMES[value],
              disabled: !grids.includes(value),
            }))}
            value={chosenGrid}
            onChange={(value) => session.effects.set({ grid: value })}
          />
        </span>
        <span className="hs-effects__field">
          <span>direction</span>
          <Segmented
            label="Direction"
            options={[
              { value: 'both', label: 'both' },
              { value: 'denoise', label: 'denoise', title: DIRECTION_WORDS.denoise.name },
              { value: 'noise', label: 'noise', title: DIRECTION_WORDS.noise.name },
            ]}
            value={direction}
            onChange={(value) => session.effects.set({ direction: value })}
          />
        </span>
        <TargetForm
          summary={summary?.status === 'ready' ? summary.value : undefined}
          positionNote="Counts in the run that is patched. Without chosen tokens: the likeliest of the clean run against that of the corrupted one."
        />
      </div>
      <RunRow
        kind="patching"
        label="Patch"
        refusal={isSame ? 'Change the corrupted prompt first.' : undefined}
        onRun={() => void session.effects.patching()}
      />
      <div ref={ref}>
        {!result || !ends ? (
          <p className="hs-effects__hint">
            Denoising puts values of the clean run into the corrupted one: what brings the right answer back is enough
            for it. Noising puts corrupted values into the clean run: what loses the answer is needed for it.
          </p>
        ) : (
          <>
            <AboutResult
              title={`Patching ${HOOK_NAMES[ends.hook]}`}
              about={result.about}
              work={ends.work}
              badge="propagated"
              figure="patching"
            />
            <p className="hs-dim hs-small">
              logit({ends.token.display}) − logit({ends.against.display}): clean {formatSigned(ends.clean)}, corrupted{' '}
              {formatSigned(ends.corrupted)} logits.
              {ends.clean === ends.corrupted && ' They are equal, so that there is nothing to recover.'}
            </p>
            <PatchMaps record={result} width={width} />
          </>
        )}
      </div>
    </>
  );
}
