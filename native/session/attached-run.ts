/** A run that comes from a session file: answers what the file holds, without the model. */
import type { RunSummary } from '../../shared/contract/methods.ts';
import { sameHead, type HeadId } from '../../shared/model/head-id.ts';
import { interventionKind } from '../../shared/model/intervention-kinds/index.ts';
import { choiceParameter, numberParameter, type Intervention } from '../../shared/model/intervention.ts';
import { placeHolds } from '../../shared/model/place.ts';
import type { StoredRun } from '../../shared/session/stored-run.ts';
import type { TileKey } from '../../shared/tensor/tile.ts';
import { chosenScores, scoreParametersOf } from '../engine/compute-scores.ts';
import type { ScoreChoice } from '../engine/score-choice.ts';
import { checkHead } from '../engine/gains.ts';
import { subtractedMap, type HeadOf, type RunView } from '../engine/run-view.ts';
import type { Job } from '../forward/checkpoint.ts';
import type { Region } from '../pattern/score-blocks.ts';
import { checkLevel } from '../tiles/tile-levels.ts';
import { checkDifference } from '../tiles/tile-server.ts';
import { attachMaps, type AttachedMaps, type AttachOptions } from './attached-maps.ts';
import { collectChosen, NOTHING, type ChosenParts } from './collect-chosen.ts';
import { lacksSoftmax, noMap } from './no-map.ts';
import { notStored } from './not-stored.ts';
import { storedLogits } from './stored-logits.ts';
import { overviewTile } from './overview-tile.ts';
import type { StoreChoice } from './store-choice.ts';
import type { TensorPlace } from './tensor-file.ts';

export class AttachedRun implements RunView {
  readonly summary: RunSummary;
  readonly #run: StoredRun;
  /** Null without tensors. */
  readonly #attached: AttachedMaps | null;
  /** As they were saved last. */
  #chosen: ChosenParts = NOTHING;

  private constructor(runId: string, run: StoredRun, attached: AttachedMaps | null) {
    const stored = {
      tensors: attached !== null,
      maps: run.maps.map(({ layer, head, value, reducer, level }) => ({ layer, head, value, reducer, level })),
      ...(run.differences && {
        differences: run.differences.map(({ layer, head, reducer, level, minus }) => ({
          layer,
          head,
          reducer,
          level,
          minus,
        })),
      }),
      heads: run.heads.map(({ layer, head }) => ({ layer, head })),
    };
    this.summary = { ...run.summary, runId, stored };
    this.#run = run;
    this.#attached = attached;
  }

  /** Throws `session-invalid` where the tensors do not fit the run, `io`. */
  static async create(
    runId: string,
    run: StoredRun,
    tensors: TensorPlace | null,
    options: AttachOptions,
  ): Promise<AttachedRun> {
    return new AttachedRun(runId, run, tensors && (await attachMaps(run, tensors, options)));
  }

  get hasMaps() {
    return this.#attached !== null;
  }

  hasMapOf(head: HeadId) {
    return this.#tells(head);
  }

  get modelId() {
    return this.#run.model.modelId;
  }

  get ids() {
    return this.summary.ids;
  }

  get interventions() {
    return this.summary.interventions;
  }

  /** What is named by its parameters, defaults filled in; all that the file holds, as it is, where nothing is named. */
  async scores({ scores: ids, scoreParameters = {} }: ScoreChoice) {
    if (ids === undefined) return this.#run.scores;
    chosenScores({ scores: ids, scoreParameters });
    const tables = ids.map((id) => {
      const asked = Object.entries(scoreParametersOf(id, this.ids.length, scoreParameters[id]));
      const held = this.#run.scores.find(({ info }) => info.id === id);
      if (held !== undefined && asked.every(([name, value]) => held.parameters[name] === value)) return held;
      throw notStored(`the score ${id}${held === undefined ? '' : ' with these parameters'}`);
    });
    return Promise.resolve(tables);
  }

  distances() {
    return Promise.reject(notStored('the distances that heads look over'));
  }

  async sinks(threshold: number) {
    const { sinks } = this.#run;
    if (sinks?.threshold === threshold) return Promise.resolve(sinks);
    throw notStored(sinks === undefined ? 'the values that sinks are told from' : 'sinks by this threshold');
  }

  spans() {
    return Promise.reject(notStored('the values that spans are computed with'));
  }

  descriptors() {
    return Promise.reject(notStored('the values that heads are described by'));
  }

  attribution() {
    return Promise.reject(notStored('the residuals that logits are made of'));
  }

  async logits(position: number, tokens: readonly number[]) {
    return Promise.resolve(storedLogits(this.#run, position, tokens));
  }

  keyRemovals() {
    return Promise.reject(notStored('the values that keys stand for'));
  }

  influence() {
    return Promise.reject(notStored('what another forward needs'));
  }

  miniatures() {
    return Promise.resolve(this.#run.miniatures);
  }

  async head(head: HeadId, signal: AbortSignal) {
    checkHead(this.#run.model, head);
    const held = this.#run.heads.find((other) => sameHead(other, head));
    return held?.profile ?? this.#maps(head, 'the profile of this head').head(head, signal);
  }

  async token(head: HeadId, index: number, signal: AbortSignal) {
    checkHead(this.#run.model, head);
    const held = this.#run.tokenRows.find((other) => sameHead(other, head) && other.index === index);
    return held?.attention ?? this.#maps(head, 'the attention of this token').token(head, index, signal);
  }

  async cell(head: HeadId, query: number, key: number, skipKeys: number) {
    checkHead(this.#run.model, head);
    return Promise.resolve(this.#maps(head, 'single cells of maps').cell(head, query, key, skipKeys));
  }

  async region(region: Region, signal: AbortSignal) {
    checkHead(this.#run.model, region);
    return this.#maps(region, 'single cells of maps').region(region, signal);
  }

  async tile(head: HeadId, minus: HeadOf | undefined, key: TileKey, signal: AbortSignal) {
    checkHead(this.#run.model, head);
    if (this.#tells(head) && (minus === undefined || minus.run.hasMapOf(minus.head))) {
      return this.#attached!.maps.tile(head, subtractedMap(this, minus), key, signal);
    }
    checkLevel(this.ids.length, key.level);
    if (minus !== undefined) return this.#differenceTile(head, minus, key);
    const ofHead = this.#run.maps.filter((map) => sameHead(map, head) && map.value === key.value);
    const tile = overviewTile(ofHead, key.value, this.#shapeOf(head), key);
    if (tile !== undefined) return tile;
    this.#refuseWithoutSoftmax(head);
    throw notStored(ofHead.length > 0 ? 'this view of the map' : 'the map of this head');
  }

  #differenceTile(head: HeadId, minus: HeadOf, key: TileKey) {
    checkDifference(key);
    const run = minus.run === this ? 'same' : this.#isCleanOf(minus.run) ? 'clean' : undefined;
    const ofHeads = (this.#run.differences ?? []).filter(
      (map) => sameHead(map, head) && sameHead(map.minus, minus.head) && map.minus.run === run,
    );
    const [shape, other] = [this.#shapeOf(head), this.#shapeOf(minus.head)];
    // A cell counts that one of the two sees.
    const window = Math.max(shape.window, other.window);
    const seesAll = shape.seesAll && other.seesAll;
    const tile = overviewTile(ofHeads, 'difference', { ...shape, window, seesAll }, key);
    if (tile === undefined) throw notStored('the difference of these maps');
    return tile;
  }

  #shapeOf(head: HeadId) {
    const tokens = this.ids.length;
    const { model } = this.#run;
    const changes = this.interventions.filter(({ where }) => placeHolds(where, head, model));
    return {
      tokens,
      window: model.slidingWindow[head.layer] ?? tokens,
      seesAll: !changes.some(hidesKeys),
    };
  }

  #isCleanOf(run: RunView): boolean {
    return run.modelId === this.modelId && run.interventions.length === 0 && run.ids.join() === this.ids.join();
  }

  mapOf(head: HeadId) {
    return this.#maps(head, 'the difference of these maps').mapOf(head);
  }

  /** The stored comparison, which is with the clean run of the same prompt. */
  async compare(clean: RunView) {
    const { comparison } = this.#run;
    if (comparison === null || !this.#isCleanOf(clean)) throw notStored('the comparison of these runs');
    return Promise.resolve(comparison);
  }

  /** Everything that the file holds, chosen or not; with tensors also what is chosen anew. */
  async store(choice: StoreChoice, clean: RunView | null, job: Job): Promise<StoredRun> {
    if (this.#attached === null) return this.#run;
    const source = { maps: this.#attached.maps, clean, kept: this.#run, known: this.#chosen };
    this.#chosen = await collectChosen(source, choice, job);
    return { ...this.#run, ...this.#chosen };
  }

  tensors() {
    if (this.#attached === null) throw notStored('the tensors of this run');
    return this.#attached.tensors;
  }

  async dispose(): Promise<void> {
    await this.#attached?.dispose();
  }

  #maps(head: HeadId, what: string) {
    if (this.#tells(head)) return this.#attached!.maps;
    this.#refuseWithoutSoftmax(head);
    throw notStored(what);
  }

  #tells(head: HeadId): boolean {
    return this.#attached?.tells(head) === true;
  }

  #refuseWithoutSoftmax(head: HeadId): void {
    if (lacksSoftmax(this.interventions, head, this.#run.model)) throw noMap(head);
  }
}

/** Whether a head may see fewer keys after it. */
function hidesKeys(entry: Intervention): boolean {
  const { maps } = interventionKind(entry.what);
  const isPattern = entry.what === 'patch' && choiceParameter(entry, 'what') === 'pattern';
  return isPattern || maps === 'masked' || (entry.what === 'calibrate' && numberParameter(entry, 'beta') === 0);
}
