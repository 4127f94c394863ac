import { useEffect, useState } from 'react';
import { CancelledError, toWireError, type WireError } from '../../shared/base/app-error.ts';
import type { Progress } from '../../shared/contract/methods.ts';
import { FIGURE_FORMATS, type FigureFormat } from '../../shared/figure/formats.ts';
import type { FigureRecipeInput, FigureViewId } from '../../shared/figure/recipe.ts';
import { FIGURE_VIEW_NAMES } from '../../shared/figure/view-names.ts';
import { formatCount } from '../../shared/view/format.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { useComparedFigure } from '../compare-runs/use-compared-figure.ts';
import { classNames } from '../base/class-names.ts';
import { Button } from '../components/Button.tsx';
import { Dialog } from '../components/Dialog.tsx';
import { Message } from '../components/Message.tsx';
import { ProgressBar } from '../components/ProgressBar.tsx';
import { Segmented } from '../components/Segmented.tsx';
import { Switch } from '../components/Switch.tsx';
import { saveBlob } from '../platform/save-blob.ts';
import { packedEffects } from '../session-file/stored-effects.ts';
import { packedLab } from '../session-file/stored-lab.ts';
import { patch } from '../state/store.ts';
import { NumberField } from './NumberField.tsx';
import { possibleFigures, screenRecipe } from './screen-recipe.ts';
import { usePreview } from './use-preview.ts';
import './figures.css';

const FORMAT_NAMES: Readonly<Record<FigureFormat, string>> = {
  png: 'PNG',
  svg: 'SVG',
  csv: 'CSV',
  json: 'JSON',
  npz: 'npz',
  py: 'Python',
};
/** A column of a journal, one and a half, two. */
const WIDTHS = [85, 120, 180] as const;
const AREAS = [
  { value: 'whole', label: 'whole map' },
  { value: 'sight', label: 'in sight' },
  { value: 'rectangle', label: 'rectangle' },
] as const;

/** A figure of what is on screen: its size and looks, a preview that is the file itself, and the ways to keep it. */
export function FigureDialog() {
  const { store, session, cache } = useApp();
  const state = useAppState((all) => all);
  const { figure: settings } = state;
  const compared = useComparedFigure();
  const lab = packedLab(state, cache);
  const possible = possibleFigures(state, compared !== undefined, lab);
  const [chosen, setChosen] = useState<FigureViewId | undefined>(state.ui.figureView);
  const view = chosen && possible.includes(chosen) ? chosen : possible[0];
  const recipe = view && screenRecipe(view, state, compared, settings, packedEffects(state, cache), lab);
  const preview = usePreview(recipe);
  const [job, setJob] = useState<{ readonly controller: AbortController; readonly progress: Progress | undefined }>();
  const [outcome, setOutcome] = useState<{ readonly text: string } | { readonly error: WireError }>();
  const close = () => patch(store, 'ui', { dialog: undefined });
  const set = (change: Partial<typeof settings>) => patch(store, 'figure', change);
  const hasArea = view === 'map' || view === 'compare';
  const isPicture = settings.format === 'png' || settings.format === 'svg';

  useEffect(() => () => job?.controller.abort(), [job?.controller]);

  /** Runs something that may take long; what it answers is told. */
  async function perform(work: (signal: AbortSignal, tell: (next: Progress) => void) => Promise<string>) {
    const controller = new AbortController();
    setJob({ controller, progress: undefined });
    setOutcome(undefined);
    try {
      const text = await work(controller.signal, (progress) => setJob({ controller, progress }));
      setOutcome({ text });
    } catch (error) {
      if (!(error instanceof CancelledError)) setOutcome({ error: toWireError(error) });
    }
    setJob(undefined);
  }

  const save = (of: FigureRecipeInput, format: FigureFormat) =>
    perform(async (signal, tell) => {
      const names: string[] = [];
      // A script reads its numbers from the file beside it.
      for (const each of format === 'py' ? (['npz', 'py'] as const) : [format]) {
        const file = await session.renderFigure({ recipe: of, format: each, scale: 1 }, signal, tell);
        saveBlob(new Blob([file.bytes as BlobPart], { type: file.mediaType }), file.name);
        const pixels = file.pixels
          ? ` (${formatCount(file.pixels.width)} × ${formatCount(file.pixels.height)} pixels)`
          : '';
        names.push(`${file.name}${pixels}`);
      }
      return `Saved ${names.join(' and ')}.`;
    });

  const saveOnHost = (of: FigureRecipeInput, format: FigureFormat) =>
    perform(async (signal, tell) => {
      const name = `${FIGURE_VIEW_NAMES[of.view].toLowerCase().replaceAll(' ', '-')}.${format}`;
      const { files } = await session.saveFigure({ recipe: of, format, path: name, scale: 1 }, signal, tell);
      return `Saved ${files.map(({ path }) => path).join(' and ')}.`;
    });

  const copyPython = (of: FigureRecipeInput) =>
    perform(async (signal, tell) => {
      const script = await session.renderFigure({ recipe: of, format: 'py', scale: 1 }, signal, tell);
      const numbers = await session.renderFigure({ recipe: of, format: 'npz', scale: 1 }, signal, tell);
      await navigator.clipboard.writeText(new TextDecoder().decode(script.bytes));
      saveBlob(new Blob([numbers.bytes as BlobPart], { type: numbers.mediaType }), numbers.name);
      return `The script is on the clipboard; it reads ${numbers.name}, which was saved.`;
    });

  return (
    <Dialog title="Figure" wide onClose={close}>
      {!recipe ? (
        <div className="hs-figure__empty">
          <Message text="There is nothing to draw yet." hint="Run a prompt first." />
        </div>
      ) : (
        <div className="hs-figure">
          <form className="hs-figure__settings" onSubmit={(event) => event.preventDefault()}>
            <label className="hs-figure__field">
              Figure
              <select
                data-autofocus
                className="hs-select"
                value={view}
                onChange={(event) => setChosen(possible.find((id) => id === event.target.value))}
              >
                {possible.map((id) => (
                  <option key={id} value={id}>
                    {FIGURE_VIEW_NAMES[id]}
                  </option>
                ))}
              </select>
            </label>
            {hasArea && (
              <div className="hs-figure__field">
                Part
                <Segmented
                  label="Part of the map"
                  value={settings.area}
                  onChange={(area) => set({ area })}
                  options={AREAS.map((area) => ({
                    ...area,
                    disabled:
                      (area.value === 'sight' && state.view.place === undefined) ||
                      (area.value === 'rectangle' && state.view.brush === undefined),
                  }))}
                />
              </div>
            )}
            <div className="hs-figure__field">
              Width
              <span className="hs-figure__row">
                <NumberField
                  label="Width, mm"
                  unit="mm"
                  value={settings.widthMm}
                  min={20}
                  max={3000}
                  onChange={(widthMm) => set({ widthMm })}
                />
                {WIDTHS.map((width) => (
                  <Button
                    key={width}
                    small
                    look="quiet"
                    aria-pressed={settings.widthMm === width}
                    onClick={() => set({ widthMm: width })}
                  >
                    {width}
                  </Button>
                ))}
              </span>
            </div>
            <div className="hs-figure__field">
              Font
              <NumberField
                label="Font size, pt"
                unit="pt"
                value={settings.fontPt}
                min={4}
                max={48}
                onChange={(fontPt) => set({ fontPt })}
              />
            </div>
            <div className="hs-figure__field">
              Resolution
              <NumberField
                label="Resolution, dots per inch"
                unit="dpi"
                value={settings.dpi}
                min={20}
                max={9600}
                onChange={(dpi) => set({ dpi })}
              />
            </div>
            <label className="hs-figure__field">
              Title
              <input
                className="hs-field"
                value={settings.title}
                maxLength={400}
                placeholder="as the view has it"
                onChange={(event) => set({ title: event.target.value })}
              />
            </label>
            <div className="hs-figure__field">
              Background
              <Segmented
                label="Background"
                value={settings.theme}
                onChange={(theme) => set({ theme })}
                options={[
                  { value: 'light', label: 'white' },
                  { value: 'dark', label: 'dark' },
                ]}
              />
            </div>
            <Switch
              label="Caption with model and prompt"
              checked={settings.caption}
              onChange={(caption) => set({ caption })}
            />
            <div className="hs-figure__field">
              File
              <Segmented
                label="File format"
                value={settings.format}
                onChange={(format) => set({ format })}
                options={FIGURE_FORMATS.map((format) => ({ value: format, label: FORMAT_NAMES[format] }))}
              />
            </div>
            <div className="hs-figure__row">
              <Button look="primary" disabled={job !== undefined} onClick={() => void save(recipe, settings.format)}>
                Save {FORMAT_NAMES[settings.format]}
              </Button>
              <Button disabled={job !== undefined} onClick={() => void copyPython(recipe)}>
                Copy as Python
              </Button>
            </div>
            {job && (
              <div className="hs-figure__row">
                <ProgressBar label="Drawing" progress={job.progress} />
                <Button small onClick={() => job.controller.abort()}>
                  Cancel
                </Button>
              </div>
            )}
            {outcome && 'text' in outcome && <p className="hs-dim">{outcome.text}</p>}
            {outcome && 'error' in outcome && (
              <Message bad text={outcome.error.message} hint={outcome.error.hint}>
                {outcome.error.code === 'too-large' && isPicture && (
                  <Button small onClick={() => void saveOnHost(recipe, settings.format)}>
                    Save it on the host instead
                  </Button>
                )}
              </Message>
            )}
          </form>
          <div className="hs-figure__preview" aria-busy={preview.loading}>
            {preview.source !== undefined && preview.figure && (
              <img
                className={classNames('hs-figure__picture', preview.loading && 'hs-stale')}
                src={preview.source}
                alt={`Preview: ${FIGURE_VIEW_NAMES[view]}`}
              />
            )}
            {preview.error && <Message bad text={preview.error.message} hint={preview.error.hint} />}
            {preview.loading && !preview.source && <p className="hs-dim">{preview.progress?.phase ?? 'Drawing…'}</p>}
            <p className="hs-dim hs-small">
              {preview.figure?.sizeMm
                ? `${Math.round(preview.figure.sizeMm.width)} × ${Math.round(preview.figure.sizeMm.height)} mm`
                : ''}
              {preview.figure?.notes.map((note) => ` · ${note}`)}
            </p>
          </div>
        </div>
      )}
    </Dialog>
  );
}
