/** Runs the engine through its public face and reads its tensors back, for comparison with a reference. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunSummary } from '../../shared/contract/methods.ts';
import type { CallContext } from '../../shared/contract/handlers.ts';
import type { FinalNorm, Intervention } from '../../shared/model/intervention.ts';
import type { ModelInfo } from '../../shared/model/model-info.ts';
import type { ScoreInfo } from '../../shared/model/score.ts';
import { TILE_SIZE, tilesPerSide } from '../../shared/tensor/tile.ts';
import { createEngine, type Engine, type EngineOptions } from '../public/index.ts';
import { openWeights, readTensorF32 } from '../safetensors/index.ts';
import { ADDON } from '../testing/open-forward.ts';

export const CONTEXT: CallContext = { signal: new AbortController().signal, progress: () => undefined };

export class EngineUnderTest {
  readonly engine: Engine;
  info!: ModelInfo;

  constructor(options: Partial<EngineOptions> = {}) {
    // Golden figures are taken with the kernel that users get: the addon, where it was built.
    this.engine = createEngine({ shippedModel: '', tasks: '', addon: ADDON, threads: 2, ...options });
  }

  async open(path: string): Promise<ModelInfo> {
    this.info = await this.engine.handlers['model.open']({ path }, CONTEXT);
    return this.info;
  }

  run(ids: Int32Array, interventions: readonly Intervention[] = [], finalNorm?: FinalNorm): Promise<RunSummary> {
    const prompt = { kind: 'ids' as const, ids: Int32Array.from(ids) };
    const request = { prompt, interventions: [...interventions], cut: false, ...(finalNorm && { finalNorm }) };
    return this.engine.handlers['run.start'](request, CONTEXT);
  }

  async release(runId: string): Promise<void> {
    await this.engine.handlers['run.release']({ runId }, CONTEXT);
  }

  /** Row log-sum-exp of every layer, [L][H, n]. */
  async logSumExps(runId: string): Promise<Float32Array[]> {
    const folder = await mkdtemp(join(tmpdir(), 'headscope-lse-'));
    try {
      const path = join(folder, 'model.safetensors');
      await this.engine.handlers['run.writeTensors']({ runId, path }, CONTEXT);
      const { tensors } = await openWeights(folder);
      return await Promise.all(
        Array.from({ length: this.info.layers }, (_, layer) => readTensorF32(tensors.get(`blocks.${layer}.attn.lse`)!)),
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Tensors of a run by hook name. Maps over all rows. */
  async tensors(runId: string, hooks: readonly string[]): Promise<ReadonlyMap<string, Float32Array>> {
    const folder = await mkdtemp(join(tmpdir(), 'headscope-export-'));
    try {
      await this.engine.exportRun({ runId, hooks, out: join(folder, 'model.safetensors') }, CONTEXT);
      const index = await openWeights(folder);
      const tensors = new Map<string, Float32Array>();
      for (const [name, entry] of index.tensors) tensors.set(name, await readTensorF32(entry));
      return tensors;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Attention of every head, pieced together from finest tiles as the map shows them. [L][H, n, n]; NaN where masked. */
  async attentionByTiles(runId: string, tokens: number): Promise<Float64Array[]> {
    const { layers, heads } = this.info;
    const sides = tilesPerSide(tokens, 0);
    const result: Float64Array[] = [];
    for (let layer = 0; layer < layers; layer++) {
      const map = new Float64Array(heads * tokens * tokens).fill(NaN);
      for (let head = 0; head < heads; head++) {
        for (let tile = 0; tile < sides * sides; tile++) {
          const tileRow = Math.floor(tile / sides);
          const tileColumn = tile % sides;
          const { values } = await this.engine.handlers['run.tile'](
            { runId, layer, head, level: 0, tileRow, tileColumn, value: 'probability', reducer: 'max', skipKeys: 0 },
            CONTEXT,
          );
          const columns = Math.min(TILE_SIZE, tokens - tileColumn * TILE_SIZE);
          for (let row = 0; row < Math.min(TILE_SIZE, tokens - tileRow * TILE_SIZE); row++) {
            const at = (head * tokens + tileRow * TILE_SIZE + row) * tokens + tileColumn * TILE_SIZE;
            map.set(values.subarray(row * TILE_SIZE, row * TILE_SIZE + columns), at);
          }
        }
      }
      result.push(map);
    }
    return result;
  }

  dispose(): Promise<void> {
    return this.engine.dispose();
  }
}

/** The named hook of every layer, end to end. */
export function everyLayer(tensors: ReadonlyMap<string, Float32Array>, hook: string, layers: number): Float32Array[] {
  return Array.from({ length: layers }, (_, layer) => tensors.get(`blocks.${layer}.${hook}`)!);
}

/** Ids of the scores that any prompt can have without further forwards. */
export function promptScores(scores: readonly ScoreInfo[]): string[] {
  const ofPrompt = scores.filter(({ cost, data }) => cost !== 'forwards' && (data === 'text' || data === 'repeat'));
  return ofPrompt.map(({ id }) => id);
}
