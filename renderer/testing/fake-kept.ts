/** What a method reads, in the stand-in for the engine: two sinks, a window, and every fifth key of one head in four. */
import { AppError } from '../../shared/base/app-error.ts';
import type { Handlers } from '../../shared/contract/handlers.ts';
import type { RunSummary, Tile } from '../../shared/contract/methods.ts';
import { TILE_SIZE } from '../../shared/tensor/tile.ts';
import type { FakeAttention } from './fake-attention.ts';

interface FakeKeptOptions {
  readonly layers: number;
  readonly heads: number;
  readonly find: (runId: string) => { readonly summary: RunSummary; readonly attention: FakeAttention };
}

type KeptMethod = 'method.kept' | 'method.rows' | 'method.row' | 'method.step' | 'method.key' | 'method.tile';

/**
 * Names a trace of a run: queries from `promptLength` on, heads with a window of `window` keys and more. With `/reads`
 * behind it, one of which only what was read is held.
 */
export function fakeTrace(runId: string, promptLength: number, window: number): string {
  return `${runId}/${promptLength}/${window}`;
}

/** Whether a query reads a key in `fakeTrace`. */
export function fakeReads(window: number, layer: number, head: number, query: number, key: number): boolean {
  if (key > query) return false;
  return key < 2 || key > query - window - 2 * head || ((layer + head) % 4 === 3 && key % 5 === 0);
}

export function createFakeKept({ layers, heads, find }: FakeKeptOptions): Pick<Handlers<KeptMethod>, KeptMethod> {
  function opened(trace: string) {
    const [runId, promptLength, window, only] = trace.split('/');
    if (window === undefined) {
      throw new AppError('unknown-run', 'What this method read is no longer held by the engine.', {
        hint: 'Run the method again.',
      });
    }
    const { attention, summary } = find(runId!);
    const reads = (at: number, query: number, key: number) =>
      fakeReads(Number(window), Math.floor(at / heads), at % heads, query, key);
    const p = (at: number, query: number, key: number) => {
      if (only === 'reads') throw new AppError('not-stored', 'Of this method only what it read is held.');
      return attention.p(Math.floor(at / heads), at % heads, query, key);
    };
    return { tokens: summary.ids.length, firstRow: Number(promptLength), reads, p };
  }
  const all = layers * heads;

  return {
    'method.kept': async ({ trace, layer, head, query }) => {
      const { reads } = opened(trace);
      const keys = Array.from({ length: query + 1 }, (_, key) => key);
      return Promise.resolve({ keys: Int32Array.from(keys.filter((key) => reads(layer * heads + head, query, key))) });
    },
    'method.rows': async ({ trace, layer, head }) => {
      const { tokens, firstRow, reads } = opened(trace);
      const rowBytes = Math.ceil(tokens / 8);
      const rows = tokens - firstRow;
      const bits = new Uint8Array(rows * rowBytes);
      for (let row = 0; row < rows; row++) {
        for (let key = 0; key <= firstRow + row; key++) {
          if (reads(layer * heads + head, firstRow + row, key)) bits[row * rowBytes + (key >> 3)]! |= 1 << (key & 7);
        }
      }
      return Promise.resolve({ firstRow, rows, tokens, bits });
    },
    'method.row': async ({ trace, layer, head, query }) => {
      const { reads, p } = opened(trace);
      const at = layer * heads + head;
      const dense = Float32Array.from({ length: query + 1 }, (_, key) => p(at, query, key));
      const read = dense.map((value, key) => (reads(at, query, key) ? value : 0));
      const mass = read.reduce((sum, value) => sum + value, 0);
      const keys = Int32Array.from(dense.keys()).filter((key) => reads(at, query, key));
      return Promise.resolve({ keys, dense, probabilities: read.map((value) => value / mass), lostMass: 1 - mass });
    },
    'method.tile': async ({ trace, layer, head, level, tileRow, tileColumn, value }) => {
      const { tokens, firstRow, reads, p } = opened(trace);
      const at = layer * heads + head;
      const cell = (query: number, mass: number, key: number) => {
        const isRead = query < firstRow || reads(at, query, key);
        const dense = p(at, query, key);
        if (value === 'kept') return Number(isRead);
        if (value === 'lost') return isRead ? 0 : dense;
        const own = isRead ? dense / mass : 0;
        return value === 'difference' ? own - dense : own;
      };
      const massOf = (query: number) => {
        let mass = 0;
        for (let key = 0; key <= query; key++) if (query < firstRow || reads(at, query, key)) mass += p(at, query, key);
        return mass;
      };
      return Promise.resolve(tileOf(tokens, { level, tileRow, tileColumn }, value === 'kept', massOf, cell));
    },
    'method.step': async ({ trace, query }) => {
      const { reads, p } = opened(trace);
      const step = {
        read: new Float32Array(all),
        lostMass: new Float32Array(all),
        readBy: new Float32Array(query + 1),
        lost: new Float32Array(query + 1),
      };
      for (let at = 0; at < all; at++) {
        for (let key = 0; key <= query; key++) {
          if (reads(at, query, key)) {
            step.read[at]! += 1;
            step.readBy[key]! += 1 / all;
          } else {
            step.lostMass[at]! += p(at, query, key);
            step.lost[key]! += p(at, query, key) / all;
          }
        }
      }
      return Promise.resolve(step);
    },
    'method.key': async ({ trace, query, key }) => {
      const { tokens, firstRow, reads, p } = opened(trace);
      const found = {
        read: new Uint8Array(all),
        wanted: new Float32Array(all),
        droppedAt: new Int32Array(all),
        lost: new Float32Array(all),
        missed: new Int32Array(all),
      };
      for (let at = 0; at < all; at++) {
        found.read[at] = Number(reads(at, query, key));
        found.wanted[at] = p(at, query, key);
        found.droppedAt[at] = firstRow;
        for (let row = Math.max(firstRow, key); row < tokens; row++) {
          if (reads(at, row, key)) found.droppedAt[at] = row === tokens - 1 ? -1 : row + 1;
          else {
            found.lost[at]! += p(at, row, key);
            found.missed[at]! += 1;
          }
        }
      }
      return Promise.resolve(found);
    },
  };
}

/** Reduced to the largest magnitude, or to the mean. */
function tileOf(
  tokens: number,
  { level, tileRow, tileColumn }: { readonly level: number; readonly tileRow: number; readonly tileColumn: number },
  isMean: boolean,
  massOf: (query: number) => number,
  cell: (query: number, mass: number, key: number) => number,
): Tile {
  const values = new Float32Array(TILE_SIZE * TILE_SIZE).fill(NaN);
  const counts = new Uint32Array(values.length);
  const span = TILE_SIZE * 2 ** level;
  for (let query = tileRow * span; query < Math.min(tokens, (tileRow + 1) * span); query++) {
    const mass = massOf(query);
    for (let key = tileColumn * span; key <= Math.min(query, (tileColumn + 1) * span - 1); key++) {
      const texel =
        Math.floor((query - tileRow * span) / 2 ** level) * TILE_SIZE +
        Math.floor((key - tileColumn * span) / 2 ** level);
      const [value, before] = [cell(query, mass, key), values[texel]!];
      counts[texel]! += 1;
      if (Number.isNaN(before)) values[texel] = value;
      else if (isMean) values[texel] = before + (value - before) / counts[texel]!;
      else if (Math.abs(value) > Math.abs(before)) values[texel] = value;
    }
  }
  const visible = values.filter((value) => !Number.isNaN(value));
  const ends = visible.length === 0 ? { min: NaN, max: NaN } : { min: Math.min(...visible), max: Math.max(...visible) };
  return { values, ...ends };
}
