import type { Badge } from './badge.ts';

/** The definition of a per-head score as the interface and the documentation show it. */
export interface ScoreInfo {
  /** `entropy`, `sink`, `previous`, ...; stable, used on the command line. */
  readonly id: string;
  readonly name: string;
  /** `nats`, `tokens`, `probability`. */
  readonly unit: string;
  /** One or two sentences: formula in words and which rows are averaged. */
  readonly definition: string;
  readonly source: string;
  readonly badge: Badge;
  readonly granularity: 'head';
  /** Range that the colour scale starts from; null ends come from the data. */
  readonly domain: readonly [number | null, number | null];
}

/** A score of every head, or the reason why it has none on this prompt. */
export interface ScoreTable {
  readonly info: ScoreInfo;
  /** [layer, head] row-major, length layers x heads; null where the score does not apply. */
  readonly values: Float64Array | null;
  readonly notApplicable: string | null;
}
