/** What a method keeps of arrays in a file: no model is needed. */
import { stat } from 'node:fs/promises';
import { AppError } from '../../shared/base/app-error.ts';
import type { Budget, MethodInfo, MethodParameters, ResolvedMethod } from '../../shared/model/method.ts';
import { breather } from '../forward/breathe.ts';
import type { Job } from '../forward/checkpoint.ts';
import { writeSafetensors, type TensorSource } from '../safetensors/index.ts';
import { openCaptureFile, type CaptureFile } from './capture-file.ts';
import { ChangedArrays, changedBytes } from './changed-arrays.ts';
import { findMethod } from './index.ts';
import { seenUnder } from './mask-reads.ts';
import { firstVisible, groupOf, type Method, type MethodContext } from './method.ts';
import { contextOf, isChanging, selectLayer } from './select-layer.ts';
import { unionSize } from './union.ts';

/** Of one array that is written. */
const MOST_BYTES = 2 ** 30;

export interface SelectRequest {
  /** Path of the arrays; see `openCaptureFile`. */
  readonly capture: string;
  readonly method: string;
  readonly parameters: MethodParameters;
  readonly budget: Budget | null;
  /** First query that attends under the method. */
  readonly promptLength: number;
  /** Query rows of the prefill mask, end exclusive; all where absent. */
  readonly rows?: { readonly start: number; readonly end: number };
  readonly out: string;
}

export interface SelectedFile {
  readonly method: MethodInfo;
  readonly resolved: ResolvedMethod;
  readonly promptLength: number;
  readonly tokens: number;
  /** Mean over layers and query heads; of the steps, over these too. */
  readonly held: number;
  readonly read: number | null;
  /** Mean over layers, KV heads and steps: what memory holds. */
  readonly resident: number | null;
  readonly tensors: readonly { readonly name: string; readonly shape: readonly number[] }[];
  /** What was left out, in sentences. */
  readonly notes: readonly string[];
}

/**
 * Writes `kept`, uint8 [layers, heads, tokens - promptLength + 1, tokens]: row 0 has the prompt keys that a query head
 * holds after the prompt, row t what it reads at query promptLength + t - 1. A method that applies to the rows of the
 * prompt too also gives `prefill_kept` [layers, heads, rows, tokens]. One that changes keys, values or outputs gives
 * `k_mod` and `v_mod`, float32 [layers, kvHeads, tokens, headDim], as a query after the last one would find them, and
 * `out` [layers, heads, tokens, headDim], the output of each query to what it found; rows of the prompt are dense.
 *
 * @throws AppError `bad-request`, `too-large`, `weights-corrupt`, `io`; `CancelledError`
 */
export async function selectFile(request: SelectRequest, job: Job): Promise<SelectedFile> {
  const method = findMethod(request.method);
  await checkApart(request);
  const file = await openCaptureFile(request.capture);
  const { promptLength, rows = { start: 0, end: file.tokens } } = request;
  checkLengths(file, promptLength, rows, request.rows !== undefined && method.prefill === undefined, method.info.id);
  const { parameters, budget } = request;
  const breathe = breather(job);
  const context = contextOf(method, { layers: file.layersTotal, promptLength, parameters, budget, breathe });
  const width = file.indices.length * file.heads * file.tokens;
  const keptRows = file.tokens - promptLength + 1;
  if (width * keptRows > MOST_BYTES) {
    throw new AppError('too-large', `The kept keys of ${keptRows - 1} queries would take over 1 GiB.`, {
      hint: 'Give a prompt length nearer to the end, or fewer layers.',
    });
  }
  const notes = notesOn(method, file);
  const counts = new Counts();
  const changed = isChanging(method, context) ? new ChangedArrays(file) : null;
  const kept = keptOfLayers(method, file, context, counts, changed, job);
  const tensors: TensorSource[] = [
    {
      name: 'kept',
      dtype: 'U8',
      shape: [file.indices.length, file.heads, keptRows, file.tokens],
      data: changed === null ? kept : await collected(kept, width * keptRows + changedBytes(file, file.indices.length)),
    },
    ...(changed?.tensors() ?? []),
  ];
  if (method.prefill !== undefined) {
    const fits = width * (rows.end - rows.start) <= MOST_BYTES;
    if (fits) {
      tensors.push({
        name: 'prefill_kept',
        dtype: 'U8',
        shape: [file.indices.length, file.heads, rows.end - rows.start, file.tokens],
        data: prefillOfLayers(method.prefill, file, context, rows),
      });
    } else if (request.rows !== undefined) {
      throw new AppError('too-large', 'The prefill mask of these rows would take over 1 GiB.', {
        hint: 'Name fewer rows.',
      });
    } else {
      notes.push('The prefill mask would take over 1 GiB and was left out; name rows of it.');
    }
  }
  await writeSafetensors(request.out, tensors, { method: method.info.id, prompt_length: String(promptLength) });
  return {
    method: method.info,
    resolved: context.resolved,
    promptLength,
    tokens: file.tokens,
    ...counts.means(),
    tensors: tensors.map(({ name, shape }) => ({ name, shape })),
    notes,
  };
}

/** What is read piece by piece must not be written over. */
async function checkApart({ capture, out }: SelectRequest): Promise<void> {
  const [from, to] = await Promise.all([capture, out].map((path) => stat(path).catch(() => null)));
  if (!from || !to || from.dev !== to.dev || from.ino !== to.ino) return;
  throw new AppError('bad-request', `${out} is the file that the arrays are read from.`, {
    hint: 'Name another file for the result.',
  });
}

function checkLengths(
  { tokens }: CaptureFile,
  promptLength: number,
  { start, end }: { readonly start: number; readonly end: number },
  rowsForNothing: boolean,
  method: string,
): void {
  if (!Number.isInteger(promptLength) || promptLength < 1 || promptLength > tokens) {
    throw new AppError('bad-request', `The prompt cannot be the first ${promptLength} of ${tokens} positions.`, {
      hint: `Give a prompt length from 1 to ${tokens}.`,
    });
  }
  if (rowsForNothing) {
    throw new AppError('bad-request', `The method ${method} leaves the rows of the prompt as they are.`, {
      hint: 'Leave out the rows: they are those of a prefill mask.',
    });
  }
  if (start < end && end <= tokens) return;
  throw new AppError('bad-request', `Rows ${start} to ${end} are not all there.`, {
    hint: `There are rows 0 to ${tokens}, end exclusive.`,
  });
}

function notesOn({ info }: Method, { hasGates, hasProbe }: CaptureFile): string[] {
  const missing = [
    ...(info.needs.includes('gates') && !hasGates ? ['“gates”'] : []),
    ...(info.needs.includes('probe') && !hasProbe ? ['“echo” and “induction”'] : []),
  ];
  return missing.map((name) => `The file has no array ${name}: groups are ranked by a stand-in, as its notes say.`);
}

async function* keptOfLayers(
  method: Method,
  file: CaptureFile,
  context: MethodContext,
  counts: Counts,
  changed: ChangedArrays | null,
  job: Job,
): AsyncGenerator<Uint8Array> {
  await method.prepare?.(file, context);
  const { heads, tokens } = file;
  const rows = tokens - context.promptLength + 1;
  for (const [at, layer] of file.indices.entries()) {
    job.progress({ phase: `Layer ${layer}`, done: at, total: file.indices.length, etaMs: null });
    const kept = new Uint8Array(heads * rows * tokens);
    const mark = (head: number, row: number, keys: Int32Array) => {
      const start = (head * rows + row) * tokens;
      for (const key of keys) kept[start + key] = 1;
    };
    const data = await file.read(layer);
    const onStep = (query: number, reads: readonly Int32Array[]) => {
      reads.forEach((keys, head) => mark(head, query - context.promptLength + 1, keys));
      const group = (head: number) => groupOf(data, head);
      counts.step(
        reads,
        file.kvHeads,
        group,
        method.info.evicts ? null : query + 1 - firstVisible(data, query),
        tokens,
      );
    };
    const held = await selectLayer(method, data, layer, context, onStep, await changed?.layer(data, context));
    held.forEach((keys, head) => mark(head, 0, keys));
    counts.hold(held);
    yield kept;
  }
}

/** All of it: changed arrays are whole only then. Throws `too-large`. */
async function collected(pieces: AsyncIterable<Uint8Array>, bytes: number): Promise<Uint8Array[]> {
  if (bytes > MOST_BYTES) {
    throw new AppError('too-large', 'Changed keys, values and outputs would take over 1 GiB.', {
      hint: 'Give fewer layers, or a prompt length nearer to the end.',
    });
  }
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return all;
}

async function* prefillOfLayers(
  prefill: NonNullable<Method['prefill']>,
  file: CaptureFile,
  context: MethodContext,
  { start, end }: { readonly start: number; readonly end: number },
): AsyncGenerator<Uint8Array> {
  const { heads, tokens } = file;
  for (const layer of file.indices) {
    const masks = await prefill(await file.read(layer), layer, context);
    const kept = new Uint8Array(heads * (end - start) * tokens);
    for (let head = 0; head < heads; head++) {
      for (let query = start; query < end; query++) {
        const row = query - start;
        kept.set(seenUnder(masks[head]!, tokens, query), (head * (end - start) + row) * tokens);
      }
      await context.breathe();
    }
    yield kept;
  }
}

/** Numbers of keys, as means. */
class Counts {
  #held = { sum: 0, count: 0 };
  #read = { sum: 0, count: 0 };
  #resident = { sum: 0, count: 0 };

  hold(held: readonly Int32Array[]): void {
    for (const { length } of held) add(this.#held, length);
  }

  /** `all`: what memory holds whatever is read; null where that is the union over the heads of a group. */
  step(
    reads: readonly Int32Array[],
    kvHeads: number,
    group: (head: number) => number,
    all: number | null,
    tokens: number,
  ): void {
    for (const { length } of reads) add(this.#read, length);
    for (let at = 0; at < kvHeads; at++) {
      const own = reads.filter((_keys, head) => group(head) === at);
      add(this.#resident, all ?? unionSize(own, tokens));
    }
  }

  means(): Pick<SelectedFile, 'held' | 'read' | 'resident'> {
    return { held: meanOf(this.#held)!, read: meanOf(this.#read), resident: meanOf(this.#resident) };
  }
}

interface Sum {
  sum: number;
  count: number;
}

function add(to: Sum, value: number): void {
  to.sum += value;
  to.count++;
}

const meanOf = ({ sum, count }: Sum): number | null => (count === 0 ? null : sum / count);
