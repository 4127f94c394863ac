/** Answers that Q, K, LSE and statistics of a run give, whether these were computed here or come from a session file. */
import { AppError } from '../../shared/base/app-error.ts';
import type { CellReading, HeadProfile, RegionReading, Tile, TokenAttention } from '../../shared/contract/methods.ts';
import type { HeadId } from '../../shared/model/head-id.ts';
import { encodeTexels, overviewLevel, type CodedValue } from '../../shared/session/map-codes.ts';
import type { StoredDifference, StoredMap, StoredTexels } from '../../shared/session/stored-run.ts';
import type { TileKey } from '../../shared/tensor/tile.ts';
import type { Capture } from '../capture/capture.ts';
import { breather } from '../forward/breathe.ts';
import { headProfile, readCell, tokenAttention } from '../pattern/head-profile.ts';
import { readRegion } from '../pattern/read-region.ts';
import { isEdited, type Region, type ScoreReader } from '../pattern/score-blocks.ts';
import { isPooled } from '../tiles/pooled-grid.ts';
import type { MapOf } from '../tiles/texels.ts';
import type { RestMaps } from '../tiles/rest-maps.ts';
import type { TileServer } from '../tiles/tile-server.ts';
import { noMap } from '../session/no-map.ts';
import { checkHead } from './gains.ts';

export interface MapParts {
  readonly model: { readonly layers: number; readonly heads: number };
  readonly capture: Capture;
  readonly reader: ScoreReader;
  readonly tiles: TileServer;
  readonly rest: RestMaps;
  /** Awaited before the statistics of a head are looked at; absent where the capture has them all. */
  readonly prepare?: (head: HeadId, signal: AbortSignal) => Promise<void>;
  /** Throws `not-stored` for a head whose map cannot be recomputed. */
  readonly check?: (head: HeadId) => void;
}

export class CapturedMaps {
  readonly #parts: MapParts;

  constructor(parts: MapParts) {
    this.#parts = parts;
  }

  /** Throws `bad-request` for a head that the model does not have, `no-map` for one whose weights are no softmax. */
  mapOf(head: HeadId): MapOf {
    checkHead(this.#parts.model, head);
    this.#parts.check?.(head);
    const { capture } = this.#parts;
    if (isEdited(capture, head.layer, head.head)) refuseWithoutSoftmax(capture, head);
    return { capture, layer: head.layer, head: head.head };
  }

  async head(head: HeadId, signal: AbortSignal): Promise<HeadProfile> {
    const { capture } = this.mapOf(head);
    await this.#parts.prepare?.(head, signal);
    return headProfile(this.#parts.reader, capture, head, breather({ signal }));
  }

  token(head: HeadId, index: number, signal: AbortSignal): Promise<TokenAttention> {
    const { capture } = this.mapOf(head);
    checkPosition(capture, 'Token', index);
    return tokenAttention(this.#parts.reader, capture, head, index, breather({ signal }));
  }

  /** Throws `bad-request` for a key that the query does not see, or that is one of the first `skipKeys`. */
  cell(head: HeadId, query: number, key: number, skipKeys: number): CellReading {
    const { capture } = this.mapOf(head);
    checkPosition(capture, 'Query', query);
    const { first, last } = this.#parts.reader.visibleKeys(head.layer, query);
    if (key < first || key > last) {
      throw new AppError('bad-request', `Query ${query} cannot see key ${key}: it sees ${first} to ${last}.`);
    }
    if (key < skipKeys) {
      throw new AppError('bad-request', `Key ${key} is one of the first ${skipKeys}, which are left out.`, {
        hint: 'Read it without renormalising.',
      });
    }
    const reading = readCell(this.#parts.reader, capture, { ...head, query, key, skipKeys });
    if (reading !== null) return reading;
    throw new AppError('bad-request', `An intervention hides key ${key} from query ${query}.`);
  }

  region(region: Region, signal: AbortSignal): Promise<RegionReading> {
    const { capture } = this.mapOf(region);
    return readRegion(this.#parts.reader, capture, region, signal);
  }

  async tile(head: HeadId, minus: MapOf | undefined, key: TileKey, signal: AbortSignal): Promise<Tile> {
    const map = this.mapOf(head);
    if (minus === undefined && isPooled(map.capture.tokens, key)) await this.#parts.prepare?.(head, signal);
    const { skipKeys, renormalise = false, value } = key;
    // What is left of a row has the logits that it had.
    if (!renormalise || skipKeys === 0 || value === 'logit') return this.#parts.tiles.tile(map, minus, key, signal);
    const { rest, tiles } = this.#parts;
    const of = await rest.mapOf(map, skipKeys, value, signal);
    const from = minus && (await rest.mapOf(minus, skipKeys, value, signal));
    return tiles.tile(of, from, key, signal);
  }

  /** The whole map in 8 bits. */
  async overview(of: HeadId & Pick<StoredMap, 'value' | 'reducer'>, signal: AbortSignal): Promise<StoredMap> {
    const { layer, head, value, reducer } = of;
    return { layer, head, value, reducer, ...(await this.#texels(of, undefined, { value, reducer }, signal)) };
  }

  /** `minus`: the map that `of.minus` names. */
  async difference(
    of: HeadId & Pick<StoredDifference, 'reducer' | 'minus'>,
    minus: MapOf,
    signal: AbortSignal,
  ): Promise<StoredDifference> {
    const { layer, head, reducer } = of;
    const texels = await this.#texels(of, minus, { value: 'probability', reducer }, signal);
    return { layer, head, reducer, minus: of.minus, ...texels };
  }

  async #texels(
    head: HeadId,
    minus: MapOf | undefined,
    key: Pick<TileKey, 'value' | 'reducer'>,
    signal: AbortSignal,
  ): Promise<StoredTexels & Pick<StoredMap, 'level'>> {
    const map = this.mapOf(head);
    const level = overviewLevel(map.capture.tokens);
    const side = Math.ceil(map.capture.tokens / 2 ** level);
    const { tiles } = this.#parts;
    const square = await tiles.whole(map, minus, { ...key, level }, signal);
    if (level === 0) return { level, side, ...encodeTexels(square, codedValue(key, minus)) };
    const edge = await tiles.whole(map, minus, { ...key, level }, signal, { skipKeys: 1 });
    // On one scale.
    const all = new Float32Array(side * side + side);
    all.set(square);
    all.set(edge, square.length);
    const { codes, range } = encodeTexels(all, codedValue(key, minus));
    return { level, side, codes: codes.slice(0, square.length), edge: codes.slice(square.length), range };
  }
}

function codedValue({ value }: Pick<TileKey, 'value'>, minus: MapOf | undefined): CodedValue {
  return minus === undefined ? value : 'difference';
}

function refuseWithoutSoftmax({ tokens, layers }: Capture, { layer, head }: HeadId): void {
  const lse = layers[layer]!.lse.subarray(head * tokens, (head + 1) * tokens);
  if (lse.some(Number.isNaN)) throw noMap({ layer, head });
}

function checkPosition(capture: Capture, name: string, index: number): void {
  if (index < capture.tokens) return;
  throw new AppError('bad-request', `${name} ${index} is past the last token, ${capture.tokens - 1}.`);
}
