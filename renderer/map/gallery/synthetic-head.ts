/** A made-up head with the phenomena that a map has to show: a sink, local attention, induction stripes, a needle. */
import type {
  CellReading,
  HeadProfile,
  RegionReading,
  Tile,
  TokenAttention,
} from '../../../shared/contract/methods.ts';
import type { TokenView } from '../../../shared/model/token-view.ts';
import { TILE_SIZE } from '../../../shared/tensor/tile.ts';
import type { MapSource } from '../map-source.ts';

const WORDS =
  '·The ·ferry ·reached ·the ·old ·harbour ·before ·dawn ·and ·nobody ·on ·the ·quay ·looked ·up ·from ·their ·nets . ·The ·secret ·word ·of ·Mar en ·is ·copper ·lantern . ⏎ ·Later ·that ·week ·the ·wind ·turned ·and ·the ·boats ·stayed ·in , ·and ·the ·children ·counted ·gulls ·from ·the ·wall ·until ·the ·lamps ·were ·lit . ·naïve ·東京 ⟨E2⟩⟨82⟩ ·incomprehensibilities'.split(
    ' ',
  );

export function syntheticTokens(count: number): TokenView[] {
  return Array.from({ length: count }, (_, index) => {
    const display = index === 0 ? '<|endoftext|>' : WORDS[(index - 1) % WORDS.length]!;
    return { id: index, display, text: display.replaceAll('·', ' '), start: -1, end: -1, special: index === 0 };
  });
}

function noise(query: number, key: number, seed: number): number {
  let hash = Math.imul(query + 1, 374761393) ^ Math.imul(key + 1, 668265263) ^ Math.imul(seed + 7, 1274126177);
  hash = Math.imul(hash ^ (hash >>> 13), 1274126177);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

export interface SyntheticHead {
  readonly source: MapSource;
  readonly profile: HeadProfile;
}

export function syntheticHead(tokens: number, seed: number, delayMs: number): SyntheticHead {
  const logits = new Float32Array(tokens * tokens); // [query, key]
  const p = new Float32Array(tokens * tokens); // [query, key]
  const period = WORDS.length;
  const profile: HeadProfile = {
    entropy: new Float32Array(tokens),
    firstToken: new Float32Array(tokens),
    rowMax: new Float32Array(tokens),
    rowArgmax: new Int32Array(tokens),
    columnMean: new Float32Array(tokens),
    distance: new Float32Array(Math.ceil(Math.log2(Math.max(2, tokens))) + 1),
  };
  for (let query = 0; query < tokens; query++) {
    let sum = 0;
    for (let key = 0; key <= query; key++) {
      const distance = query - key;
      let logit = 1.5 * noise(query, key, seed) + 4 * Math.max(0, noise(query, key, seed + 99) - 0.985) * 60;
      logit += 3.5 * Math.exp(-distance / 6) - distance / 900;
      if (key === 0) logit += 5.5 + 2 * Math.sin(query / 17);
      if (distance > 0 && distance % period === period - 1) logit += 5.2;
      if (/^[.⏎]$/.test(WORDS[(key + period - 1) % period]!)) logit += 1.6;
      if (query >= tokens - 3 && query > 40 && key >= 20 && key < 28) logit += 8;
      logits[query * tokens + key] = logit;
      sum += Math.exp(logit);
    }
    for (let key = 0; key <= query; key++) {
      const value = Math.exp(logits[query * tokens + key]!) / sum;
      p[query * tokens + key] = value;
      profile.entropy[query]! -= value * Math.log(value);
      if (key === 0) profile.firstToken[query] = value;
      if (value > profile.rowMax[query]!) {
        profile.rowMax[query] = value;
        profile.rowArgmax[query] = key;
      }
      profile.columnMean[key]! += value / (tokens - key);
      const distance = query - key;
      profile.distance[distance === 0 ? 0 : Math.floor(Math.log2(distance)) + 1]! += value / tokens;
    }
  }
  const later = <T>(make: () => T, signal: AbortSignal): Promise<T> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        resolve(make());
      }, delayMs);
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        reject(new Error('aborted'));
      });
    });
  const source: MapSource = {
    tile: ({ level, tileRow, tileColumn, value, reducer, skipKeys = 0 }, signal) =>
      later((): Tile => {
        const values = new Float32Array(TILE_SIZE * TILE_SIZE).fill(NaN);
        const side = 2 ** level;
        let [min, max] = [Infinity, -Infinity];
        for (let row = 0; row < TILE_SIZE; row++) {
          for (let column = 0; column < TILE_SIZE; column++) {
            let [sum, most, least, count] = [0, -Infinity, Infinity, 0];
            for (let i = 0; i < side; i++) {
              const query = (tileRow * TILE_SIZE + row) * side + i;
              if (query >= tokens) break;
              for (let j = 0; j < side; j++) {
                const key = (tileColumn * TILE_SIZE + column) * side + j;
                if (key > query) break;
                if (key < skipKeys) continue;
                const at = query * tokens + key;
                const cell =
                  value === 'probability'
                    ? p[at]!
                    : value === 'logProbability'
                      ? Math.log(p[at]!)
                      : value === 'logit'
                        ? logits[at]!
                        : p[at]! * (query + 1);
                sum += cell;
                count++;
                most = Math.max(most, cell);
                least = Math.min(least, cell);
              }
            }
            if (count === 0) continue;
            const texel = reducer === 'max' ? most : reducer === 'min' ? least : reducer === 'sum' ? sum : sum / count;
            values[row * TILE_SIZE + column] = texel;
            min = Math.min(min, texel);
            max = Math.max(max, texel);
          }
        }
        return min <= max ? { values, min, max } : { values, min: NaN, max: NaN };
      }, signal),
    cell: ({ query, key }, signal) =>
      later((): CellReading => {
        const row = p.subarray(query * tokens, query * tokens + query + 1);
        const probability = row[key]!;
        return {
          probability,
          logit: logits[query * tokens + key]!,
          rank: 1 + row.reduce((above, other) => above + (other > probability ? 1 : 0), 0),
          visible: query + 1,
        };
      }, signal),
    region: ({ rowStart, rowEnd, keyStart, keyEnd }, signal) =>
      later((): RegionReading => {
        const queryMass = new Float32Array(rowEnd - rowStart);
        const keyMass = new Float32Array(keyEnd - keyStart);
        const cells: { query: number; key: number; probability: number }[] = [];
        for (let query = rowStart; query < rowEnd; query++) {
          for (let key = keyStart; key < Math.min(keyEnd, query + 1); key++) {
            const probability = p[query * tokens + key]!;
            queryMass[query - rowStart]! += probability;
            keyMass[key - keyStart]! += probability;
            cells.push({ query, key, probability });
          }
        }
        const top = cells.sort((a, b) => b.probability - a.probability).slice(0, 24);
        return { cells: cells.length, queryMass, keyMass, top };
      }, signal),
    token: ({ index }, signal) =>
      later(
        (): TokenAttention => ({
          outgoing: p.slice(index * tokens, (index + 1) * tokens),
          incoming: Float32Array.from({ length: tokens }, (_, query) => p[query * tokens + index]!),
        }),
        signal,
      ),
  };
  return { source, profile };
}
