import type { CellReading, ParamsOf, RegionReading, Tile, TokenAttention } from '../../shared/contract/methods.ts';

/** Where a picture gets its tiles. Rejects when the signal aborts; a failure's message is shown in place. */
export interface TileSource {
  tile(params: ParamsOf<'run.tile'>, signal: AbortSignal): Promise<Tile>;
}

/** Where the map gets its numbers. All reject as tiles do. */
export interface MapSource extends TileSource {
  cell(params: ParamsOf<'run.cell'>, signal: AbortSignal): Promise<CellReading>;
  region(params: ParamsOf<'run.region'>, signal: AbortSignal): Promise<RegionReading>;
  token(params: ParamsOf<'run.token'>, signal: AbortSignal): Promise<TokenAttention>;
}
