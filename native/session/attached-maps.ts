/** Maps of a stored run, recomputed from its tensors as those of a run that was made here. */
import type { HeadId } from '../../shared/model/head-id.ts';
import type { StoredRun } from '../../shared/session/stored-run.ts';
import { createHeadKernel } from '../attention/choose-kernel.ts';
import { loadAddon } from '../attention/load-addon.ts';
import type { LayerCapture } from '../capture/capture.ts';
import { CapturedMaps } from '../engine/captured-maps.ts';
import { ScoreReader } from '../pattern/score-blocks.ts';
import { createTexels } from '../tiles/create-texels.ts';
import { RestMaps } from '../tiles/rest-maps.ts';
import { TileServer } from '../tiles/tile-server.ts';
import { LayerStatistics } from './layer-statistics.ts';
import { notStored } from './not-stored.ts';
import type { RunTensors } from './run-tensors.ts';
import { headSteps, isUntold } from './stored-patterns.ts';
import { openTensorFile, type TensorFile, type TensorPlace } from './tensor-file.ts';

export interface AttachOptions {
  /** Path of the attention addon. */
  readonly addon: string;
  readonly threads: number;
  /** For arrays that were read. */
  readonly cacheBytes: number;
}

export interface AttachedMaps {
  readonly maps: CapturedMaps;
  readonly tensors: RunTensors;
  /** Whether the map of a head can be recomputed. */
  tells(head: HeadId): boolean;
  dispose(): Promise<void>;
}

const NONE = new Float32Array(0);

/** Throws `session-invalid`, `io`. */
export async function attachMaps(
  { model, summary }: Pick<StoredRun, 'model' | 'summary'>,
  place: TensorPlace,
  { addon: addonPath, threads, cacheBytes }: AttachOptions,
): Promise<AttachedMaps> {
  const { ids } = summary;
  const file = await openTensorFile(place, model, ids, cacheBytes);
  const { shape, patterns } = file;
  const steps = headSteps(patterns, shape.scale.length, ids.length);
  const edited = file.layers.map((layer, at) => withPatterns(layer, steps[at]!));
  const source = { shape, tokens: ids.length, layers: edited };
  const statistics = await LayerStatistics.create(source, addonPath, threads);
  const reader = new ScoreReader(shape, threads);
  const { addon } = loadAddon(addonPath);
  const rest = new RestMaps(shape, () => createHeadKernel(addonPath, shape.headDim, threads));
  const texels = createTexels(addon, shape, reader, threads);
  const layers = edited.map((each, layer) => lazyLayer(each, statistics, layer));
  const tells = (head: HeadId) => !isUntold(patterns, head);
  return {
    tells,
    maps: new CapturedMaps({
      model,
      capture: { tokens: ids.length, ids, resid: [], layers, computedFrom: 0 },
      reader,
      tiles: new TileServer(texels, (layer) => shape.slidingWindow[layer] ?? null),
      rest,
      prepare: (head, signal) => statistics.prepare(head, signal),
      check: (head) => {
        if (!tells(head)) throw notStored('the pattern of another run that this head was given');
      },
    }),
    tensors: { model, shape, ids, layers, patterns },
    dispose: async () => {
      file.close();
      await statistics.dispose();
      await reader.dispose();
      await rest.dispose();
    },
  };
}

type Tensors = TensorFile['layers'][number];

/** Described, not read: arrays are read when something looks at them. */
function withPatterns(tensors: Tensors, patterns: NonNullable<LayerCapture['patterns']>) {
  return Object.defineProperties(
    patterns.size > 0 ? { patterns } : {},
    Object.getOwnPropertyDescriptors(tensors),
  ) as Tensors & Pick<LayerCapture, 'patterns'>;
}

/** Statistics are there for the heads that they were prepared for. Nothing that looks inside maps reads V or z. */
function lazyLayer(of: Tensors, statistics: LayerStatistics, layer: number): LayerCapture {
  const tensors = Object.getOwnPropertyDescriptors(of);
  const names = [
    'entropy',
    'rowMax',
    'rowArgmax',
    'meanDistance',
    'sinkMass',
    'localMass',
    'columnSum',
    'distance',
    'maskedRows',
    'poolMax',
    'poolSum',
  ] as const;
  const lazy = names.map((name) => [name, { get: () => statistics.of(layer)[name], enumerable: true }] as const);
  return Object.defineProperties({ v: NONE, z: NONE }, { ...tensors, ...Object.fromEntries(lazy) }) as LayerCapture;
}
