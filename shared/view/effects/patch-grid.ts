/** Patched runs as a map: heads or positions across, layers downward. Pure. */
import { lutOf, sampleLut, type ColourMap } from '../../colour/lut.ts';
import type { Rgb } from '../../colour/rgb.ts';
import { niceCeil, toUnit, type ValueScale } from '../../colour/value-scale.ts';
import type { PatchDirection, PatchResult } from '../../model/effect.ts';
import type { TokenView } from '../../model/token-view.ts';
import { formatScore, type GroundTheme } from '../atlas/score-colours.ts';
import { spacedByImportance } from '../map/axis-labels.ts';

export interface PatchGridData {
  readonly rows: number;
  readonly columns: number;
  /** How far the patch moved the run: 0 = nowhere, 1 = all the way to the other one. [rows x columns]; NaN: no patch. */
  readonly moved: Float64Array;
  readonly recovery: Float64Array;
  readonly difference: Float64Array;
  /** What stands across. */
  readonly across: 'heads' | 'positions';
  /** What stands downward: layers, or the single heads that were patched. */
  readonly down: 'layers' | 'heads';
  /** `L3`, or `L3H2`. */
  readonly rowNames: readonly string[];
  /** Of the run that is patched, where positions stand across. */
  readonly tokens: readonly TokenView[];
  /** Of these, those that the other prompt has otherwise or not at all. */
  readonly differing: readonly number[];
  /** Layer and head of a row of single heads; empty for layers. */
  readonly rowHeads: readonly { readonly layer: number; readonly head: number }[];
}

const LEAST_PRINTED = 0.005;
/** A token that differs is worth a name as much as one where so much moves. */
const DIFFERS = 0.1;

/** What a patch does, by its direction. */
export const DIRECTION_WORDS: Readonly<
  Record<PatchDirection, { readonly name: string; readonly scale: string; readonly meaning: string }>
> = {
  denoise: {
    name: 'Denoise: clean into corrupted',
    scale: 'recovery: 0 = as corrupted, 1 = as clean',
    meaning: 'Whether it is enough: how much of the clean run’s logit difference comes back.',
  },
  noise: {
    name: 'Noise: corrupted into clean',
    scale: 'lost, 1 − recovery: 0 = as clean, 1 = as corrupted',
    meaning: 'Whether it is needed: how much of the clean run’s logit difference is lost.',
  },
};

export function movedOf(direction: PatchDirection, recovery: Float64Array): Float64Array {
  return direction === 'denoise' ? recovery : recovery.map((value) => 1 - value);
}

export function patchGrid({ pair, direction, grid, shape, recovery, values }: PatchResult): PatchGridData {
  const [layers, heads, positions] = shape;
  const moved = movedOf(direction, recovery);
  const tokens = direction === 'denoise' ? pair.corrupted : pair.clean;
  const differing = differingTokens(pair, direction);
  const layerNames = Array.from({ length: layers }, (_, layer) => `L${layer}`);
  if (grid === 'head') {
    const same = { moved, recovery, difference: values };
    return {
      rows: layers,
      columns: heads,
      ...same,
      across: 'heads',
      down: 'layers',
      rowNames: layerNames,
      tokens: [],
      differing: [],
      rowHeads: [],
    };
  }
  const all = Array.from({ length: layers * heads }, (_, at) => ({ layer: Math.floor(at / heads), head: at % heads }));
  if (grid === 'layer-position') {
    const same = { moved, recovery, difference: values };
    return {
      rows: layers,
      columns: positions,
      ...same,
      across: 'positions',
      down: 'layers',
      rowNames: layerNames,
      tokens,
      differing,
      rowHeads: [],
    };
  }
  // Heads that were left out have no patch at any position.
  const patched = all.filter((_, at) =>
    moved.subarray(at * positions, (at + 1) * positions).some((value) => !Number.isNaN(value)),
  );
  const rowHeads = patched.length > 0 ? patched : all.slice(0, 1);
  const pick = (from: Float64Array) =>
    Float64Array.from({ length: rowHeads.length * positions }, (_, at) => {
      const { layer, head } = rowHeads[Math.floor(at / positions)]!;
      return from[(layer * heads + head) * positions + (at % positions)]!;
    });
  return {
    rows: rowHeads.length,
    columns: positions,
    moved: pick(moved),
    recovery: pick(recovery),
    difference: pick(values),
    across: 'positions',
    down: 'heads',
    rowNames: rowHeads.map(({ layer, head }) => `L${layer}H${head}`),
    tokens,
    differing,
    rowHeads,
  };
}

/** Positions of the run that is patched. */
function differingTokens({ clean, corrupted, partners }: PatchResult['pair'], direction: PatchDirection): number[] {
  if (direction === 'noise') {
    return [...clean.keys()].filter((at) => clean[at]!.id !== corrupted[partners[at]!]?.id);
  }
  const same = new Set<number>();
  for (const [at, partner] of partners.entries()) if (clean[at]!.id === corrupted[partner]?.id) same.add(partner);
  return [...corrupted.keys()].filter((at) => !same.has(at));
}

/** Zero, where nothing moved, in the middle of the colours; at least -1 to 1, so that pictures can be compared. */
export function movedScale(values: readonly Float64Array[]): ValueScale {
  let most = 1;
  for (const each of values) for (const value of each) if (Math.abs(value) > most) most = Math.abs(value);
  // Just over 1 is rounding.
  const reach = most <= 1.02 ? 1 : niceCeil(most);
  return { kind: 'linear', lo: -reach, hi: reach };
}

export function movedMap(ground: GroundTheme): ColourMap {
  return ground === 'dark' ? 'divergingOnDark' : 'divergingOnLight';
}

export function movedColour(scale: ValueScale, value: number, ground: GroundTheme): Rgb {
  return sampleLut(lutOf(movedMap(ground)), toUnit(scale, value));
}

/** What the colours say, one line a direction. */
export function movedLegend(directions: readonly PatchDirection[]): readonly string[] {
  const words: Readonly<Record<PatchDirection, string>> = {
    denoise: 'recovered: 0 = still as corrupted, 1 = as clean, below 0 = farther from clean',
    noise: 'lost: 0 = still as clean, 1 = as corrupted, below 0 = farther from corrupted',
  };
  return directions.map((one) => (directions.length > 1 ? `${one}: ${words[one]}` : words[one]));
}

/**
 * Columns that are named where not all can be, `gap` columns apart at least: those in which most moves, then those that
 * differ between the prompts. Ascending.
 */
export function namedColumns({ rows, columns, moved, differing }: PatchGridData, gap: number): readonly number[] {
  const most = Float64Array.from({ length: columns }, (_, column) => {
    let found = 0;
    // What cells do not print is nothing.
    for (let row = 0; row < rows; row++) {
      const size = Math.abs(moved[row * columns + column]!);
      if (size >= LEAST_PRINTED && size > found) found = size;
    }
    return found;
  });
  for (const column of differing) most[column] = Math.max(most[column]!, DIFFERS);
  return spacedByImportance(most, gap);
}

/** A value as cells print it; nothing where nothing moved. */
export function movedText(value: number): string {
  return Math.abs(value) < LEAST_PRINTED ? '' : formatScore(value, 2);
}
