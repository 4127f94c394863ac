import { AppError } from '../base/app-error.ts';
import type { MethodName, ParamsOf, Progress, ResultOf } from '../contract/methods.ts';
import type { ModelInfo } from '../model/model-info.ts';
import type { RunSummary } from '../model/run.ts';
import type { SessionRole } from '../session/manifest.ts';
import { plural } from '../view/format.ts';
import type { BroughtScore } from './brought-score.ts';
import type { MeasureText } from './scene.ts';

/** A question of the contract, of what is under way. Aborts with the figure. */
export type Ask = <M extends MethodName>(method: M, params: ParamsOf<M>) => Promise<ResultOf<M>>;

export type FigureModel = Pick<ModelInfo, 'name' | 'modelId' | 'layers' | 'heads' | 'kvHeads'>;

/** The runs that a figure is of. */
export interface FigureSource {
  readonly model: FigureModel;
  readonly runs: Readonly<Partial<Record<SessionRole, RunSummary>>>;
  /** SHA-256 over the token ids as little-endian int32, hexadecimal. */
  readonly promptHash: string;
  readonly ask: Ask;
  /** Scores that come from elsewhere. */
  readonly scores?: readonly BroughtScore[];
}

/** What a view needs beside its recipe to fetch what it draws. */
export interface FigureJob {
  readonly source: FigureSource;
  readonly signal: AbortSignal;
  readonly measure: MeasureText;
  /** Of the picture, or of the rasters in an SVG. */
  readonly pixelsPerPoint: number;
  /** Of a raster, a side. */
  readonly mostTexels: number;
  readonly progress: (progress: Progress) => void;
}

/** Throws `bad-request` where there is no such run. */
export function runOf({ runs }: FigureSource, role: SessionRole): RunSummary {
  const run = runs[role];
  if (run) return run;
  throw new AppError('bad-request', `There is no ${role} run for the figure.`, {
    hint: role === 'changed' ? 'Ablate a head first, or draw the clean run.' : 'Run a prompt first.',
  });
}

/** Both runs of a comparison. */
export function bothRuns(source: FigureSource): { readonly clean: RunSummary; readonly changed: RunSummary } {
  return { clean: runOf(source, 'clean'), changed: runOf(source, 'changed') };
}

/** Letters of a hash that are told apart in print. */
const SHOWN_DIGITS = 12;

/** `Model demo (1f0c2a…). Prompt of 12 tokens (SHA-256 …).`: the first digits of each hash. */
export function provenanceText({ model, promptHash, runs }: FigureSource): string {
  const tokens = runs.clean?.ids.length ?? runs.changed?.ids.length ?? 0;
  return `Model ${model.name} (${shownHash(model.modelId)}). Prompt of ${plural(tokens, 'token')} (SHA-256 ${shownHash(promptHash)}).`;
}

export function shownHash(hash: string): string {
  return hash.slice(0, SHOWN_DIGITS);
}
