/** Tiles of one head's map on this machine: what a person who zooms waits for, less the way to the screen. */
import { createPrng } from '../../shared/base/prng.ts';
import type { Progress } from '../../shared/contract/methods.ts';
import { topLevel, tilesPerSide, type TileKey } from '../../shared/tensor/tile.ts';
import { allocateAttentionOutput, PLAIN } from '../attention/kernel.ts';
import { loadAddon } from '../attention/load-addon.ts';
import type { Capture } from '../capture/capture.ts';
import { addonTexels } from '../tiles/addon-texels.ts';
import { TileServer } from '../tiles/tile-server.ts';
import type { NotRun, TilesJob, TilesMeasured } from './job.ts';
import { chooseKernel } from './open-forward.ts';

/** Two heads, so that rows of Q are apart as in a model. */
const SHAPE = { heads: 2, kvHeads: 1, headDim: 64 };
const SCALE = 1 / Math.sqrt(SHAPE.headDim);
const FINEST_LEVELS = [0, 1, 2, 3, 4];
const SAMPLES = 30;
const signal = new AbortController().signal;

export async function measureTiles(
  { lengths, threads, addon: addonPath }: TilesJob,
  onProgress: (progress: Progress) => void,
): Promise<TilesMeasured | NotRun> {
  const loaded = loadAddon(addonPath);
  const kernel = chooseKernel('best', addonPath);
  if (loaded.addon === null) return { notRun: `There is no attention addon: ${loaded.reason}.` };
  if ('notRun' in kernel) return kernel;
  const texels = addonTexels(loaded.addon, { ...SHAPE, scale: [SCALE], slidingWindow: [null] }, threads);
  const attention = await kernel.create(SHAPE, threads);
  const rows: TilesMeasured['rows'][number][] = [];
  for (const [done, tokens] of lengths.entries()) {
    onProgress({ phase: `Tiles, ${tokens} tokens`, done, total: lengths.length, etaMs: null });
    const width = SHAPE.heads * SHAPE.headDim;
    const draw = (seed: number, count: number) => {
      const prng = createPrng(seed, tokens);
      return Float32Array.from({ length: count }, () => 4 * prng.next() - 2);
    };
    const [q, k, v] = [draw(1, tokens * width), draw(2, tokens * SHAPE.headDim), draw(3, tokens * SHAPE.headDim)];
    const output = allocateAttentionOutput(SHAPE, tokens);
    await attention.run({ ...PLAIN, q, k, v, tokens, scale: SCALE }, output, () => Promise.resolve());
    const layer = { q, k, v, z: output.z, lse: output.lse, ...output.statistics! };
    const capture: Capture = { tokens, ids: new Int32Array(tokens), resid: [], layers: [layer], computedFrom: 0 };
    const map = { capture, layer: 0, head: 0 };
    const time = async (server: TileServer, key: TileKey) => {
      const started = performance.now();
      await server.tile(map, undefined, key, signal);
      return performance.now() - started;
    };
    // The mean exponentiates every cell: the dearest of what is asked for.
    const base = { value: 'probability', reducer: 'mean', skipKeys: 1 } as const;
    const prng = createPrng(4, tokens);
    for (const level of FINEST_LEVELS.filter((each) => each < topLevel(tokens))) {
      const server = new TileServer(texels, () => null);
      const side = tilesPerSide(tokens, level);
      const ms: number[] = [];
      for (let sample = 0; sample < SAMPLES; sample++) {
        // Of the lower half, where most of a map is.
        const tileRow = side - 1 - Math.floor((prng.next() * side) / 2);
        const tileColumn = Math.floor(prng.next() * (tileRow + 1));
        ms.push(await time(server, { ...base, level, tileRow, tileColumn }));
      }
      rows.push({ tokens, what: `level ${level}`, ms });
    }
    const passes: number[] = [];
    for (let sample = 0; sample < 3; sample++) {
      const key = { ...base, level: topLevel(tokens), tileRow: 0, tileColumn: 0 };
      passes.push(await time(new TileServer(texels, () => null, 0), key));
    }
    rows.push({ tokens, what: 'one pass, all coarser levels', ms: passes });
  }
  await attention.dispose();
  return { rows };
}
