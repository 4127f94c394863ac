/** Scores that are the mean over rows of something that the run's statistics or a pass tell of each row. */
import type { ScoreInfo, ScoreParameters } from '../../shared/model/score.ts';
import type { LayerCapture } from '../capture/capture.ts';
import type { LayerPass, PassRequest } from './layer-pass.ts';
import { FROM_EIGHTH, fromDefaults, needsRowsFrom } from './rows.ts';
import { meanOverRows, type Score, type ScoreContext } from './score.ts';
import { uniformMean, type VisibleRow } from './uniform.ts';

/** The arrays of a layer, and the head that is looked at. */
interface HeadRows {
  readonly layer: LayerCapture;
  readonly pass: LayerPass;
  readonly head: number;
  readonly tokens: number;
}

/** One value a row; `at` is its place in [heads, rows]. */
export type RowValue = (of: HeadRows, at: number, visible: VisibleRow, parameters: ScoreParameters) => number;

type Defined = Pick<ScoreInfo, 'id' | 'name' | 'unit' | 'definition' | 'source' | 'domain' | 'floor'> &
  Partial<Pick<ScoreInfo, 'badge' | 'parameters'>>;

/** `uniform`: the value of a row with uniform attention. */
export function rowMean(
  defined: Defined,
  value: RowValue,
  uniform: (visible: VisibleRow, parameters: ScoreParameters) => number,
  needs?: (parameters: ScoreParameters) => PassRequest,
): Score {
  return {
    info: {
      group: 'shape',
      badge: 'exact',
      granularity: 'head',
      data: 'text',
      cost: needs === undefined ? 'run' : 'pass',
      ...defined,
      parameters: [FROM_EIGHTH, ...(defined.parameters ?? [])],
    },
    defaults: fromDefaults,
    notApplicable: needsRowsFrom,
    ...(needs && { needs: (_: ScoreContext, parameters: ScoreParameters) => needs(parameters) }),
    compute(context, layer, head, parameters, pass) {
      const { capture, architecture } = context;
      const window = architecture.slidingWindow[layer] ?? capture.tokens;
      const { tokens } = capture;
      const of = { layer: capture.layers[layer]!, pass, head, tokens };
      // One object for all rows: there are many.
      const visible = { row: 0, first: 0, keys: 0 };
      return meanOverRows(context, parameters['from']!, (row) => {
        visible.row = row;
        visible.first = Math.max(0, row - window + 1);
        visible.keys = row - visible.first + 1;
        return value(of, head * tokens + row, visible, parameters);
      });
    },
    floor: (context, parameters) =>
      uniformMean(context, parameters['from']!, (visible) => uniform(visible, parameters)),
  };
}
