/** One forward a place: what the model does when a change is made there alone. */
import type { Change } from '../../shared/model/effect.ts';
import { formatPlace, headsAt, placeKind, type Place, type PlaceKind } from '../../shared/model/place.ts';
import type { Capture } from '../capture/capture.ts';
import { breather } from '../forward/breathe.ts';
import type { Job } from '../forward/checkpoint.ts';
import type { LayerEdit } from '../interventions/layer-edit.ts';
import type { InterventionPlan } from '../interventions/plan.ts';
import { changedZ, runChanged } from './changed-run.ts';
import { forwardWork } from './forward-work.ts';
import { inLanes } from './in-lanes.ts';
import type { SweepContext } from './sweep-context.ts';
import { SweepProgress, type SweepItem } from './sweep-progress.ts';
import { withHeads } from './with-heads.ts';

/** How far a sweep has come: what was found so far. Kept by the run, so that one that was cancelled goes on where it stopped. */
export interface SweepState<T = unknown> {
  /** One of each item, undefined where it is not done. */
  readonly results: (T | undefined)[];
  /** That it took so far. */
  milliseconds: number;
}

export function startSweep<T>(count: number): SweepState<T> {
  return { results: Array.from({ length: count }, () => undefined), milliseconds: 0 };
}

/** One forward of a sweep. */
export interface Trial extends Pick<SweepItem, 'name'> {
  readonly firstLayer: number;
  run(job: Job): Promise<Capture>;
}

/**
 * Completes `state` in place and gives its results. `read`: of a changed run, of which only the final residual is
 * there; `readRows`: whose logits it takes. Two forwards are under way at once where attention has threads of its own.
 * Throws `CancelledError`; what was done until then stays in `state`.
 */
export async function runTrials<T>(
  { model, capture }: Pick<SweepContext, 'model' | 'capture'>,
  trials: readonly Trial[],
  state: SweepState<T>,
  read: (changed: Capture, job: Job) => Promise<T>,
  job: Job,
  readRows: number = capture.tokens,
): Promise<readonly T[]> {
  const { dModel, vocabSize } = model.architecture;
  const work = forwardWork(model, capture.tokens, readRows);
  const reading = 2 * readRows * dModel * vocabSize;
  const items = trials.map(({ name, firstLayer }) => ({ name, forward: work.from(firstLayer) - reading, reading }));
  const progress = new SweepProgress(items, (at) => state.results[at] !== undefined, job);
  const left = [...trials.keys()].filter((at) => state.results[at] === undefined);
  const before = state.milliseconds;
  const started = performance.now();
  await inLanes(left.length, model.kernel.gathersExtras ? 2 : 1, async (which) => {
    const at = left[which]!;
    const jobs = progress.begin(at);
    state.results[at] = await read(await trials[at]!.run(jobs.forward), jobs.reading);
    progress.end(at);
    state.milliseconds = before + performance.now() - started;
  });
  return state.results as T[];
}

/** The change at each of the places alone, in their order, which is that of the layers. */
export function placeTrials(context: SweepContext, change: Change, places: readonly Place[]): readonly Trial[] {
  const { architecture } = context.model;
  const layers = new LayersAtOnce(context, change, places);
  return places.map((place) => {
    const { layer } = place;
    return {
      name: nameOf(place),
      firstLayer: layer,
      run: async (job) => {
        const all = await layers.of(layer, job);
        if (all.z === null) {
          return runChanged(context, { edits: await context.plan([{ ...change, where: place }], job) }, job);
        }
        const heads = headsAt(place, architecture).map(({ head }) => head);
        const z = await withHeads(context.capture.layers[layer]!.z, all.z, heads, architecture, breather(job));
        return runChanged(context, { edits: all.edits, z }, job);
      },
    };
  });
}

const NAMES: Readonly<Record<PlaceKind, string>> = { head: 'Head', 'kv-group': 'KV group', layer: 'Layer' };

/** `Head L1H1`, `KV group L1KV0`, `Layer 1`. */
function nameOf(place: Place): string {
  return `${NAMES[placeKind(place)]} ${formatPlace(place)}`;
}

/** Whether places of a layer know nothing of each other under this edit of all of them: their columns of z tell all. */
function isOfHeads({ residual, inputs }: LayerEdit, place: Place): boolean {
  if (residual.length > 0) return false;
  // Keys and values are those of a group.
  return placeKind(place) !== 'head' || inputs.every(({ which }) => which === 'q');
}

/** A layer with the change at all of its places. */
interface LayerAtOnce {
  readonly edits: InterventionPlan;
  /** [tokens, heads x headDim]; null where its columns do not tell of single places. */
  readonly z: Float32Array | null;
}

/** What the places of a layer share: what is read of other prompts, and one pass over its attention. */
class LayersAtOnce {
  readonly #context: SweepContext;
  readonly #change: Change;
  readonly #places: readonly Place[];
  readonly #made = new Map<number, Promise<LayerAtOnce>>();

  constructor(context: SweepContext, change: Change, places: readonly Place[]) {
    this.#context = context;
    this.#change = change;
    this.#places = places;
  }

  of(layer: number, job: Job): Promise<LayerAtOnce> {
    const known = this.#made.get(layer);
    if (known !== undefined) return known;
    // Places come in the order of layers: of those before the last one, none is asked for again.
    for (const old of this.#made.keys()) if (old < layer - 1) this.#made.delete(old);
    const made = this.#make(layer, { ...job, progress: () => undefined });
    this.#made.set(layer, made);
    made.catch(() => this.#made.delete(layer));
    return made;
  }

  async #make(layer: number, job: Job): Promise<LayerAtOnce> {
    const places = this.#places.filter((place) => place.layer === layer);
    const edits = await this.#context.plan(
      places.map((where) => ({ ...this.#change, where })),
      job,
    );
    const edit = edits.layer(layer);
    if (edit === null || !isOfHeads(edit, places[0]!)) return { edits, z: null };
    return { edits, z: await changedZ(this.#context, layer, edit, job) };
  }
}

/** Of a model, in the order of layers. */
export function allPlaces(
  kind: PlaceKind,
  { layers, heads, kvHeads }: { readonly layers: number; readonly heads: number; readonly kvHeads: number },
): Place[] {
  const counts = { head: heads, 'kv-group': kvHeads, layer: 1 };
  return Array.from({ length: layers * counts[kind] }, (_, at) => {
    const [layer, which] = [Math.floor(at / counts[kind]), at % counts[kind]];
    if (kind === 'layer') return { layer };
    return kind === 'head' ? { layer, head: which } : { layer, kvHead: which };
  });
}
