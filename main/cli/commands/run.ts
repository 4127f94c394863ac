import { resolve } from 'node:path';
import type { RunComparison, RunSummary, TokenChoice } from '../../../shared/contract/methods.ts';
import { parseParams } from '../../../shared/contract/parse-params.ts';
import { AppError } from '../../../shared/base/app-error.ts';
import type { Device } from '../../../shared/model/device.ts';
import type { Generation, GenerationEnd } from '../../../shared/model/generation.ts';
import { formatHead } from '../../../shared/model/head-id.ts';
import type { Intervention } from '../../../shared/model/intervention.ts';
import { formatIntervention, parseInterventions } from '../../../shared/model/intervention-text.ts';
import type { ExportedTensor } from '../../../native/public/index.ts';
import { findApp } from '../../files/app-paths.ts';
import { checkPlace } from '../../files/session/session-file.ts';
import { withExtension } from '../../host/session-handlers.ts';
import type { Console } from '../console.ts';
import { readPrompt, type PromptSource } from '../prompt-source.ts';
import { readSampling, type SamplingOptions } from '../sampling-options.ts';
import { sessionSlices } from '../session-slices.ts';
import { standoutHeads } from '../standout-heads.ts';
import { formatTable } from '../table.ts';
import { noteDevice } from '../note-device.ts';
import { withEngine } from '../with-engine.ts';
import { parseHeads, writeSession } from '../write-session.ts';

export interface RunOptions extends PromptSource, SamplingOptions {
  readonly model: string;
  readonly ablate?: string;
  readonly hooks?: string;
  readonly rows?: string;
  readonly out?: string;
  readonly cut?: boolean;
  readonly generate?: number;
  /** Where a session file goes. */
  readonly session?: string;
  /** That it keeps: names, or `all`. */
  readonly heads?: string;
  readonly includeTensors?: boolean;
  readonly threads?: number;
  readonly device?: Device;
}

/** A continuation of the prompt, as `--json` prints it. */
export interface RunGeneration {
  readonly text: string;
  readonly ids: readonly number[];
  readonly tokens: readonly { readonly id: number; readonly display: string; readonly prob: number }[];
  readonly stopped: Generation['stopped'];
}

/**
 * What `headscope run --json` prints. The comparison is there with `--ablate`, the tensors with `--out`, the session
 * with `--session`.
 */
export interface RunResult {
  readonly model: string;
  /** Execution provider that computed. */
  readonly provider: string;
  readonly tokens: number;
  readonly interventions: readonly string[];
  /** `token` is the text itself, `display` shows its blanks. */
  readonly next: readonly {
    readonly id: number;
    readonly token: string;
    readonly display: string;
    readonly prob: number;
  }[];
  readonly kl?: number;
  readonly klPerToken?: Float32Array;
  readonly nllDelta?: Float32Array;
  readonly before?: RunResult['next'];
  readonly after?: RunResult['next'];
  /** With `--generate`, under the ablation; `generatedClean` without it. */
  readonly generated?: RunGeneration;
  readonly generatedClean?: RunGeneration;
  readonly out?: string;
  readonly tensors?: readonly ExportedTensor[];
  readonly session?: { readonly path: string; readonly bytes: number; readonly heads: readonly string[] };
}

/** `headscope run`: the likeliest next tokens, before and after an ablation; captures as .safetensors; sessions. */
export async function runRun(console: Console, options: RunOptions): Promise<void> {
  const interventions = parseInterventions(options.ablate ?? '');
  const rows = options.rows === undefined ? undefined : parseRows(options.rows);
  if (options.out === undefined && (options.hooks !== undefined || rows)) {
    throw new AppError('bad-request', '--hooks and --rows say what to write, but --out is missing.', {
      hint: 'Add --out FILE.safetensors.',
    });
  }
  const sampling = readSampling(options);
  if (options.generate === undefined && sampling.kind !== 'greedy') {
    throw new AppError('bad-request', 'The sampling options say how to generate, but --generate is missing.', {
      hint: 'Add --generate 32.',
    });
  }
  const sessionPath = await readSessionPath(options);
  const result = await withEngine(console, options, async ({ engine, context }): Promise<RunResult> => {
    const { handlers } = engine;
    const info = await handlers['model.open']({ path: options.model }, context);
    noteDevice(console, info);
    const named = options.heads === undefined ? undefined : parseHeads(options.heads, info);
    const prompt = await readPrompt(options, info.bosByDefault);
    const cut = options.cut ?? false;
    const start = (changes: Intervention[]) => handlers['run.start']({ prompt, interventions: changes, cut }, context);
    const clean = await start([]);
    const run = interventions.length > 0 ? await start(interventions) : clean;
    const comparison =
      run === clean ? undefined : await handlers['run.compare']({ clean: clean.runId, changed: run.runId }, context);
    const generate = async (changes: Intervention[], rowsWanted: boolean) => {
      if (options.generate === undefined) return undefined;
      const request = { prompt, interventions: changes, cut, maxTokens: options.generate, sampling };
      const params = parseParams('generate.start', request);
      return rowsWanted
        ? engine.generateWithRows(params, context)
        : { generation: await handlers['generate.start'](params, context) };
    };
    const generated = await generate(interventions, options.out !== undefined);
    const generatedClean = run === clean ? undefined : await generate([], false);
    const out = options.out === undefined ? undefined : resolve(options.out);
    const hooks = (options.hooks ?? '').split(',').filter((name) => name.trim() !== '');
    const tensors =
      out === undefined
        ? undefined
        : await engine.exportRun(
            {
              runId: run.runId,
              hooks,
              out,
              ...(rows ? { rows } : {}),
              ...(generated && 'rows' in generated ? { generated: generated.rows } : {}),
            },
            context,
          );
    const writeRuns = async (path: string): Promise<RunResult['session']> => {
      const { scores } = await handlers['run.scores']({ runId: clean.runId }, context);
      const heads = named ?? standoutHeads(scores, info);
      const lines =
        generated && options.generate !== undefined
          ? {
              modelId: info.modelId,
              maxTokens: options.generate,
              sampling,
              clean: (generatedClean ?? generated).generation,
              changed: generatedClean ? generated.generation : null,
            }
          : undefined;
      const { bytes, warnings } = await writeSession(
        path,
        {
          model: info,
          clean,
          changed: run === clean ? null : run,
          state: sessionSlices({ prompt, cut, interventions, head: heads[0]!, generated: lines }),
          heads,
          tensors: options.includeTensors ?? false,
        },
        { engine: handlers, context, appVersion: findApp().version, now: () => new Date() },
      );
      for (const warning of warnings) console.note(warning);
      return { path, bytes, heads: heads.map(formatHead) };
    };
    const session = sessionPath === undefined ? undefined : await writeRuns(sessionPath);
    if (run.cutTokens > 0) console.note(`The prompt was cut to its first ${run.ids.length} tokens, the context limit.`);
    return {
      model: info.name,
      provider: clean.provider,
      tokens: run.ids.length,
      interventions: interventions.map(formatIntervention),
      next: choices(run.next),
      ...(comparison ? compared(comparison, clean, run) : {}),
      ...(generated ? { generated: summed(generated.generation) } : {}),
      ...(generatedClean ? { generatedClean: summed(generatedClean.generation) } : {}),
      ...(out !== undefined && tensors ? { out, tensors } : {}),
      ...(session ? { session } : {}),
    };
  });
  console.result(result, () => formatRun(result));
}

/** Absolute, with the extension; undefined without `--session`. A place that cannot be used is told before the work. */
async function readSessionPath({ session, heads, includeTensors }: RunOptions): Promise<string | undefined> {
  if (session === undefined) {
    if (heads === undefined && includeTensors === undefined) return undefined;
    throw new AppError('bad-request', '--heads and --include-tensors say what a session keeps, but there is none.', {
      hint: 'Add --session FILE.headscope.',
    });
  }
  const path = withExtension(resolve(session));
  await checkPlace(path, { replaceAnything: false });
  return path;
}

const choices = (next: readonly TokenChoice[]): RunResult['next'] =>
  next.map(({ id, display, text, prob }) => ({ id, token: text, display, prob }));

const summed = ({ text, tokens, stopped }: Generation): RunGeneration => ({
  text,
  ids: tokens.map(({ id }) => id),
  tokens: tokens.map(({ id, display, prob }) => ({ id, display, prob })),
  stopped,
});

function compared(
  { kl, klPerToken, nllDelta }: RunComparison,
  clean: RunSummary,
  changed: RunSummary,
): Partial<RunResult> {
  return { kl, klPerToken, nllDelta, before: choices(clean.next), after: choices(changed.next) };
}

/** `a:b`, end exclusive. */
export function parseRows(text: string): { start: number; end: number } {
  const match = /^(\d{1,9}):(\d{1,9})$/.exec(text);
  const [start, end] = [Number(match?.[1]), Number(match?.[2])];
  if (!match || start >= end) {
    throw new AppError('bad-request', `“${text}” is no range of rows.`, { hint: 'Write --rows 10:20, end exclusive.' });
  }
  return { start, end };
}

export function formatRun(result: RunResult): string {
  const head = `${result.model}, ${result.tokens} tokens`;
  const parts = [
    head,
    '',
    ...(result.before && result.after ? formatEffect(result) : ['Next token', formatNext(result.next)]),
  ];
  if (result.generated) {
    const changed = result.interventions.length > 0;
    parts.push('', ...formatGeneration(changed ? 'Generated, ablated' : 'Generated', result.generated));
    if (result.generatedClean) parts.push('', ...formatGeneration('Generated, clean', result.generatedClean));
  }
  if (result.tensors) {
    const rows = result.tensors.map(({ name, shape }) => [name, shape.join(' x ')]);
    parts.push('', `Written to ${result.out ?? ''}`, formatTable(['Tensor', 'Shape'], rows));
  }
  if (result.session) {
    const { path, bytes, heads } = result.session;
    parts.push(
      '',
      `Session written to ${path}, ${bytes.toLocaleString('en-US')} bytes`,
      `Heads: ${formatHeads(heads)}`,
    );
  }
  return parts.join('\n');
}

/** As many names as a line holds. */
const NAMED_HEADS = 16;

function formatHeads(heads: readonly string[]): string {
  const more = heads.length - NAMED_HEADS;
  return `${heads.slice(0, NAMED_HEADS).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function formatNext(next: RunResult['next']): string {
  return formatTable(
    ['Token', 'Id', 'Probability'],
    next.map(({ display, id, prob }) => [display, String(id), percent(prob)]),
    [1, 2],
  );
}

function formatEffect({ interventions, kl, before = [], after = [] }: RunResult): string[] {
  const rows = before.map((choice, i) => {
    const other = after[i];
    return [choice.display, percent(choice.prob), '', other?.display ?? '', other ? percent(other.prob) : ''];
  });
  return [
    `Ablated: ${interventions.join(', ')}`,
    `KL(clean || ablated) at the last position: ${(kl ?? 0).toPrecision(4)} nats`,
    '',
    formatTable(['Before', 'Probability', '', 'After', 'Probability'], rows, [1, 4]),
  ];
}

const ENDS: Readonly<Record<GenerationEnd, string>> = {
  length: '',
  'end-token': ', ended by the end token',
  'stop-text': ', ended by a stop text',
  context: ', ended by the context limit',
};

function formatGeneration(title: string, { text, tokens, stopped }: RunGeneration): string[] {
  return [`${title}: ${tokens.length} tokens${stopped === null ? '' : ENDS[stopped]}`, text];
}

const percent = (prob: number): string => `${(100 * prob).toFixed(2)}%`;
