import type { CellReading, ParamsOf, RegionReading, Tile, TokenAttention } from '../../shared/contract/methods.ts';

/** Where the map gets its numbers. All reject when the signal aborts; a failure's message is shown in place. */
export interface MapSource {
  tile(params: ParamsOf<'run.tile'>, signal: AbortSignal): Promise<Tile>;
  cell(params: ParamsOf<'run.cell'>, signal: AbortSignal): Promise<CellReading>;
  region(params: ParamsOf<'run.region'>, signal: AbortSignal): Promise<RegionReading>;
  token(params: ParamsOf<'run.token'>, signal: AbortSignal): Promise<TokenAttention>;
}
