import { z } from 'zod';
import { TILE_REDUCERS, TILE_VALUES } from '../../tensor/tile.ts';
import { SINK_MODES } from '../../view/map/sink-mode.ts';
import { defineSlice } from '../slice.ts';

const index = z.number().int().min(0);

const fields = z.object({
  value: z.enum(TILE_VALUES),
  reducer: z.enum(TILE_REDUCERS),
  scale: z.enum(['log', 'linear']),
  gamma: z.number().min(0.3).max(2.5),
  /** Of files from before `sinkMode`. */
  excludeSinks: z.boolean().optional(),
  sinkMode: z.enum(SINK_MODES).optional(),
  sinkRule: z.enum(['first', 'found', 'chosen']),
  sinkKeys: z.array(index).max(4096),
  shown: z.enum(['clean', 'changed']),
  split: z.boolean().default(false),
  stripColour: z.enum(['outgoing', 'incoming', 'change', 'sinks']),
  sinkThreshold: z.number().min(0).max(1).default(0.3),
  scoreId: z.string().nullable(),
  sortBy: z.string().nullable(),
  atlasCells: z.enum(['score', 'maps']),
  centre: z.enum(['map', 'head', 'scores', 'effects', 'lab', 'decode']).default('map'),
  dockTab: z.string().max(64),
  brushing: z.boolean(),
  /** The rectangle on the map. */
  brush: z.object({ rowStart: index, rowEnd: index, keyStart: index, keyEnd: index }).nullable(),
  /** Where the map looks: the cell in its top left corner and the size of a cell; null = the whole map. */
  place: z
    .object({
      tokens: index,
      query: z.number(),
      key: z.number(),
      cellPx: z.number().positive(),
      rows: z.number().positive(),
      keys: z.number().positive(),
    })
    .nullable(),
});

const viewSchema = fields.transform(({ excludeSinks, sinkMode, ...rest }) => ({
  ...rest,
  sinkMode: sinkMode ?? (excludeSinks === true ? ('exclude' as const) : ('gutter' as const)),
}));
export type ViewData = z.infer<typeof viewSchema>;

/** How things are shown. */
export const viewSlice = defineSlice({ id: 'view', name: 'the view', version: 1, schema: viewSchema, upgrades: [] });
