import type { TileReducer, TileValue } from '../../shared/tensor/tile.ts';

/** Identity of one map's numbers: everything that its tiles depend on but their address. */
export interface Picture {
  readonly runId: string;
  readonly layer: number;
  readonly head: number;
  readonly value: TileValue;
  readonly reducer: TileReducer;
  readonly skipKeys: number;
  readonly renormalise: boolean;
  readonly tokens: number;
  /** Names the map that is subtracted. */
  readonly minus?: string | undefined;
}

/** Equal for equal pictures. */
export function pictureKey(picture: Picture): string {
  const { runId, layer, head, value, reducer, skipKeys, renormalise, tokens, minus } = picture;
  const skipped = `${skipKeys}${renormalise ? 'r' : ''}`;
  return [runId, layer, head, value, reducer, skipped, tokens, ...(minus === undefined ? [] : ['-', minus])].join(' ');
}

/** A tile of a picture. */
export interface TileAddress {
  readonly level: number;
  readonly tileRow: number;
  readonly tileColumn: number;
}

export function tileId(picture: string, { level, tileRow, tileColumn }: TileAddress): string {
  return `${picture}/${level}/${tileRow}/${tileColumn}`;
}
