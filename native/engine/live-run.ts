/** A run that was computed here, with the open model that it belongs to. */
import type { RunSummary } from '../../shared/contract/methods.ts';
import type { EffectTarget } from '../../shared/model/effect.ts';
import type { HeadId } from '../../shared/model/head-id.ts';
import type { ModelInfo } from '../../shared/model/model-info.ts';
import type { StoredRun } from '../../shared/session/stored-run.ts';
import type { TileKey } from '../../shared/tensor/tile.ts';
import { attributeLogit, type AttributionRequest } from '../attribution/direct-logit.ts';
import { breather } from '../forward/breathe.ts';
import type { Job } from '../forward/checkpoint.ts';
import type { Region } from '../pattern/score-blocks.ts';
import { distanceProfiles } from '../scores/distance-profiles.ts';
import { collectChosen, NOTHING } from '../session/collect-chosen.ts';
import { notStored } from '../session/not-stored.ts';
import type { StoreChoice } from '../session/store-choice.ts';
import { storedPatterns } from '../session/stored-patterns.ts';
import type { RunTensors } from '../session/run-tensors.ts';
import { sinkReport } from '../sinks/sink-report.ts';
import { spanScores, type Span } from '../spans/span-scores.ts';
import { miniatures } from '../tiles/miniatures.ts';
import { CapturedMaps } from './captured-maps.ts';
import { compareRuns, summarizeRun } from './compute-run.ts';
import { computedScores, computeScores } from './compute-scores.ts';
import { computeInfluence } from './compute-sweeps.ts';
import { describeRun } from './describe-run.ts';
import type { Opened } from './opened.ts';
import { headKeyRemovals, tokenLogits } from './run-logits.ts';
import type { Run } from './run-store.ts';
import { subtractedMap, type HeadOf, type RunView } from './run-view.ts';
import type { ScoreChoice } from './score-choice.ts';

export class LiveRun implements RunView {
  readonly hasMaps = true;
  readonly modelId: string;
  readonly #opened: Opened;
  readonly #run: Run;
  readonly #maps: CapturedMaps;

  constructor(opened: Opened, run: Run) {
    this.modelId = opened.model.info.modelId;
    this.#opened = opened;
    this.#run = run;
    const { model, reader, tiles, rest } = opened;
    this.#maps = new CapturedMaps({ model: model.architecture, capture: run.capture, reader, tiles, rest });
  }

  get ids() {
    return this.#run.capture.ids;
  }

  get interventions() {
    return this.#run.interventions;
  }

  /** `cutTokens`: of the prompt that it was asked for with. */
  async summary(cutTokens = 0): Promise<RunSummary> {
    return (this.#run.memo.summary = await summarizeRun(this.#opened, this.#run, cutTokens));
  }

  scores(choice: ScoreChoice, job: Job) {
    return computeScores(this.#opened, this.#run, choice, job);
  }

  distances() {
    return Promise.resolve(distanceProfiles(this.#run.capture, this.#opened.model.architecture.heads));
  }

  async sinks(threshold: number, signal: AbortSignal) {
    const { memo, capture } = this.#run;
    if (memo.sinks?.threshold === threshold) return memo.sinks;
    return (memo.sinks = await sinkReport(capture, this.#opened.model.architecture, threshold, breather({ signal })));
  }

  spans(spans: readonly Span[], job: Job) {
    const { model, kernel } = this.#opened;
    return spanScores({ capture: this.#run.capture, architecture: model.architecture, kernel }, spans, job);
  }

  descriptors(job: Job) {
    return describeRun(this.#opened, this.#run, job);
  }

  attribution(request: AttributionRequest, job: Job) {
    const { model, sessions, circuits } = this.#opened;
    const { architecture } = model;
    return attributeLogit(circuits, { architecture, sessions }, this.#run.capture, request, job);
  }

  logits(position: number, tokens: readonly number[]) {
    return tokenLogits(this.#opened, this.#run.capture, position, tokens);
  }

  keyRemovals(head: HeadId, query: number, target: EffectTarget, signal: AbortSignal) {
    return headKeyRemovals(this.#opened, this.#run.capture, head, query, target, signal);
  }

  influence(heads: readonly HeadId[], job: Job) {
    return computeInfluence(this.#opened, this.#run, heads, job);
  }

  miniatures() {
    return Promise.resolve(miniatures(this.#run.capture, this.#opened.model.architecture));
  }

  head(head: HeadId, signal: AbortSignal) {
    return this.#maps.head(head, signal);
  }

  async token(head: HeadId, index: number, signal: AbortSignal) {
    return this.#maps.token(head, index, signal);
  }

  async cell(head: HeadId, query: number, key: number, skipKeys: number) {
    return Promise.resolve(this.#maps.cell(head, query, key, skipKeys));
  }

  async region(region: Region, signal: AbortSignal) {
    return this.#maps.region(region, signal);
  }

  async tile(head: HeadId, minus: HeadOf | undefined, key: TileKey, signal: AbortSignal) {
    return this.#maps.tile(head, subtractedMap(this, minus), key, signal);
  }

  hasMapOf() {
    return true;
  }

  mapOf(head: HeadId) {
    return this.#maps.mapOf(head);
  }

  async compare(clean: RunView, job: Job) {
    if (!(clean instanceof LiveRun)) throw notStored('what a comparison with a run that was made here needs');
    const { comparisons } = this.#run.memo;
    const known = comparisons.get(clean.#run);
    if (known !== undefined) return known;
    const comparison = await compareRuns(this.#opened, clean.#run, this.#run, job);
    comparisons.set(clean.#run, comparison);
    return comparison;
  }

  async store(choice: StoreChoice, clean: RunView | null, job: Job): Promise<StoredRun> {
    const { memo } = this.#run;
    const summary = memo.summary ?? (await this.summary());
    await this.scores({}, job);
    const tables = computedScores(this.#run, choice.scoreParameters);
    // A clean run that is only there as a file cannot be compared with.
    const comparison = clean instanceof LiveRun ? await this.compare(clean, job) : null;
    const source = { maps: this.#maps, clean, kept: NOTHING, known: memo.chosen ?? NOTHING };
    memo.chosen = await collectChosen(source, choice, job);
    return {
      model: elsewhere(this.#opened.model.info),
      summary,
      scores: tables,
      miniatures: await this.miniatures(),
      comparison,
      ...(choice.sinkThreshold === undefined ? {} : { sinks: await this.sinks(choice.sinkThreshold, job.signal) }),
      ...memo.chosen,
    };
  }

  tensors(): RunTensors {
    const { info, architecture } = this.#opened.model;
    const { ids, layers } = this.#run.capture;
    return { model: info, shape: architecture, ids, layers, patterns: storedPatterns(layers) };
  }
}

/** As other machines find it: the shipped model has no place of its own. */
function elsewhere(info: ModelInfo): ModelInfo {
  return info.source === 'shipped' ? { ...info, path: 'demo' } : info;
}
