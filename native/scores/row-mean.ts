/** Scores that are the mean over rows of something that the run's statistics or a pass tell of each row. */
import type { ScoreInfo, ScoreParameters } from '../../shared/model/score.ts';
import { LOCAL_WIDTHS } from '../attention/statistics.ts';
import type { LayerCapture } from '../capture/capture.ts';
import type { LayerPass, PassRequest } from './layer-pass.ts';
import { FROM_EIGHTH, fromDefaults, needsRowsFrom } from './rows.ts';
import { meanOf, type Score, type ScoreContext } from './score.ts';
import { uniformMean, type VisibleRow } from './uniform.ts';

/** The arrays of a layer, and the head that is looked at. */
interface HeadRows {
  readonly layer: LayerCapture;
  readonly pass: LayerPass;
  readonly head: number;
  readonly tokens: number;
}

/** The values of one head, [tokens]. */
type HeadValues = (of: HeadRows) => Float32Array;

interface More {
  readonly needs?: (parameters: ScoreParameters) => PassRequest;
  /** Why it says nothing; by default where no row is left. */
  readonly notApplicable?: Score['notApplicable'];
  /** What the value of a row counts for; itself by default. */
  readonly change?: (value: number, visible: VisibleRow) => number;
}

type Defined = Pick<ScoreInfo, 'id' | 'name' | 'unit' | 'definition' | 'source' | 'domain' | 'floor'> &
  Partial<Pick<ScoreInfo, 'badge' | 'parameters'>>;

/** The rows of a head in [heads, tokens]. */
export function rowsOf({ head, tokens }: Pick<HeadRows, 'head' | 'tokens'>, values: Float32Array): Float32Array {
  return values.subarray(head * tokens, (head + 1) * tokens);
}

/** The mass within one of the `LOCAL_WIDTHS` by row of a head in [heads, widths, tokens]. */
export function localRowsOf(
  { head, tokens }: Pick<HeadRows, 'head' | 'tokens'>,
  localMass: Float32Array,
  width: number,
): Float32Array {
  const at = (head * LOCAL_WIDTHS.length + width) * tokens;
  return localMass.subarray(at, at + tokens);
}

/** Over the rows from `from` on. */
function meanOfChanged(
  values: Float32Array,
  from: number,
  window: number,
  change: NonNullable<More['change']>,
): number {
  // One object for all rows: there are many.
  const visible = { row: 0, first: 0, keys: 0 };
  let sum = 0;
  for (let row = from; row < values.length; row++) {
    visible.row = row;
    visible.first = Math.max(0, row - window + 1);
    visible.keys = row - visible.first + 1;
    sum += change(values[row]!, visible);
  }
  return sum / (values.length - from);
}

/** `uniform`: the value of a row with uniform attention. */
export function rowMean(
  defined: Defined,
  values: HeadValues,
  uniform: (visible: VisibleRow, parameters: ScoreParameters) => number,
  { needs, notApplicable = needsRowsFrom, change }: More = {},
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
    notApplicable,
    ...(needs && { needs: (_: ScoreContext, parameters: ScoreParameters) => needs(parameters) }),
    compute(context, layer, head, parameters, pass) {
      const { capture, architecture } = context;
      const { tokens } = capture;
      const ofHead = values({ layer: capture.layers[layer]!, pass, head, tokens });
      if (change === undefined) return meanOf(ofHead, parameters['from']!, tokens);
      const window = architecture.slidingWindow[layer] ?? tokens;
      return meanOfChanged(ofHead, parameters['from']!, window, change);
    },
    floor: (context, parameters) => uniformMean(context, parameters['from']!, uniform, parameters),
  };
}
