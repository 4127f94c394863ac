/** What lies in a rectangle of one head's map. */
import { AppError, CancelledError } from '../../shared/base/app-error.ts';
import type { RegionReading } from '../../shared/contract/methods.ts';
import type { Capture } from '../capture/capture.ts';
import type { Region, ScoreReader } from './score-blocks.ts';

const TOP_CELLS = 24;

/** Throws `bad-request` for a rectangle that is empty or reaches past the tokens. */
export async function readRegion(
  reader: ScoreReader,
  capture: Capture,
  region: Region,
  signal: AbortSignal,
): Promise<RegionReading> {
  const { layer, head, rowStart, rowEnd, keyStart, keyEnd } = region;
  const { tokens } = capture;
  if (rowStart >= rowEnd || keyStart >= keyEnd || rowEnd > tokens || keyEnd > tokens) {
    throw new AppError(
      'bad-request',
      `Queries ${rowStart} to ${rowEnd} and keys ${keyStart} to ${keyEnd} are no rectangle within ${tokens} tokens.`,
    );
  }
  const queryMass = new Float32Array(rowEnd - rowStart);
  const keyMass = new Float64Array(keyEnd - keyStart);
  const top: { query: number; key: number; probability: number }[] = [];
  let cells = 0;
  const lse = capture.layers[layer]!.lse;
  // Keys after the last query are in every query's future.
  const seenEnd = Math.min(keyEnd, rowEnd);
  const width = seenEnd - keyStart;
  if (width > 0) {
    for await (const block of reader.blocks(capture, { ...region, keyEnd: seenEnd })) {
      if (signal.aborted) throw new CancelledError();
      for (let row = block.rowStart; row < block.rowEnd; row++) {
        const visible = reader.visibleKeys(layer, row);
        const rowLse = lse[head * tokens + row]!;
        const at = (row - block.rowStart) * width - keyStart;
        let mass = 0;
        for (let key = Math.max(visible.first, keyStart); key <= Math.min(visible.last, seenEnd - 1); key++) {
          const score = block.scores[at + key]!;
          if (score === -Infinity) continue;
          const probability = Math.exp(score - rowLse);
          cells += 1;
          mass += probability;
          keyMass[key - keyStart]! += probability;
          if (top.length === TOP_CELLS && probability <= top.at(-1)!.probability) continue;
          const place = top.findIndex((cell) => cell.probability < probability);
          top.splice(place === -1 ? top.length : place, 0, { query: row, key, probability });
          if (top.length > TOP_CELLS) top.pop();
        }
        queryMass[row - rowStart] = mass;
      }
    }
  }
  return { cells, queryMass, keyMass: Float32Array.from(keyMass), top };
}
