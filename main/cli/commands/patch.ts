import { AppError } from '../../../shared/base/app-error.ts';
import type { Prompt } from '../../../shared/contract/methods.ts';
import type { Device } from '../../../shared/model/device.ts';
import type {
  AlignedPair,
  Alignment,
  EffectTarget,
  PatchDirection,
  PatchGrid,
  PatchHook,
  PatchResult,
  PathResult,
  SweepWork,
} from '../../../shared/model/effect.ts';
import { formatHead, parseHead, type HeadId } from '../../../shared/model/head-id.ts';
import type { ModelInfo } from '../../../shared/model/model-info.ts';
import type { Console } from '../console.ts';
import { noteDevice, providerOf } from '../note-device.ts';
import { readPrompt } from '../prompt-source.ts';
import { formatTable } from '../table.ts';
import { withEngine, type EngineSession } from '../with-engine.ts';

export interface PatchOptions {
  readonly model: string;
  readonly clean?: string;
  readonly corrupted?: string;
  readonly cleanFile?: string;
  readonly corruptedFile?: string;
  readonly cleanIds?: string;
  readonly corruptedIds?: string;
  readonly bos?: boolean;
  readonly align?: Alignment;
  readonly direction?: PatchDirection;
  readonly hook?: PatchHook;
  readonly grid?: PatchGrid;
  readonly heads?: string;
  readonly sender?: string;
  readonly freezeMlps?: boolean;
  readonly position?: number;
  readonly token?: string;
  readonly against?: string;
  readonly freezeNorm?: boolean;
  readonly top?: number;
  readonly threads?: number;
  readonly device?: Device;
}

const DEFAULT_TOP = 20;

/** `headscope patch`: values of one prompt's run put into that of another; with a sender, along its paths. */
export async function runPatch(console: Console, options: PatchOptions): Promise<void> {
  const { align = 'tokens', direction = 'denoise', hook = 'z' } = options;
  const byHead = options.heads === undefined ? 'head' : 'head-position';
  const grid = options.grid ?? (hook === 'resid' ? 'layer-position' : byHead);
  const heads = options.heads === undefined ? null : options.heads.split(',').map(readHead);
  const sender = options.sender === undefined ? null : readHead(options.sender);
  refuseUnused(options, sender);
  const top = options.top ?? DEFAULT_TOP;
  const result = await withEngine(console, options, async (session) => {
    const { handlers } = session.engine;
    const info = await handlers['model.open']({ path: options.model }, session.context);
    noteDevice(console, info);
    const [clean, corrupted] = await readPair(options, info.bosByDefault);
    const target: EffectTarget = {
      position: options.position ?? null,
      token: await readToken(session, '--token', options.token),
      against: await readToken(session, '--against', options.against),
      finalNorm: options.freezeNorm === true ? 'frozen' : 'recomputed',
    };
    const both = { clean, corrupted, align, direction, target };
    const about = { model: info.name, provider: providerOf(info), finalNorm: target.finalNorm };
    if (sender === null) {
      return { ...about, ...(await handlers['patch.run']({ ...both, hook, grid, heads }, session.context)) };
    }
    const mlps = options.freezeMlps === true ? ('frozen' as const) : ('recomputed' as const);
    return {
      ...about,
      layers: info.layers,
      heads: info.heads,
      ...(await handlers['patch.paths']({ ...both, sender, mlps }, session.context)),
    };
  });
  console.result(result, () => ('sender' in result ? formatPaths(result, top) : formatPatches(result, top)));
}

/** What says nothing of what was asked for. */
function refuseUnused(options: PatchOptions, sender: HeadId | null): void {
  const unused = sender === null ? (['freezeMlps'] as const) : (['hook', 'grid', 'heads'] as const);
  const given = unused.find((name) => options[name] !== undefined);
  if (given === undefined) return;
  const option = given === 'freezeMlps' ? '--freeze-mlps' : `--${given}`;
  throw new AppError('bad-request', `${option} ${sender === null ? 'needs' : 'does not go with'} --sender.`, {
    hint: 'With --sender the paths of one head are patched, without it places of the model.',
  });
}

async function readPair(options: PatchOptions, bosByDefault: boolean): Promise<[Prompt, Prompt]> {
  const prompt = async (name: 'clean' | 'corrupted'): Promise<Prompt> => {
    const [text, file, ids] = [options[name], options[`${name}File`], options[`${name}Ids`]];
    if ([text, file, ids].filter((value) => value !== undefined).length !== 1) {
      throw new AppError('bad-request', `The ${name} prompt is to be given once.`, {
        hint: `Give exactly one of --${name} TEXT, --${name}-file FILE and --${name}-ids FILE.json.`,
      });
    }
    const source = {
      ...(text === undefined ? {} : { text }),
      ...(file === undefined ? {} : { file }),
      ...(ids === undefined ? {} : { ids }),
      ...(options.bos === undefined ? {} : { bos: options.bos }),
    };
    return readPrompt(source, bosByDefault);
  };
  return [await prompt('clean'), await prompt('corrupted')];
}

function readHead(text: string): HeadId {
  const head = parseHead(text);
  if (head !== undefined) return head;
  throw new AppError('bad-request', `“${text}” is no head.`, { hint: 'Write L5H1.' });
}

/** An id, or text that is one token. */
async function readToken(
  { engine, context }: EngineSession,
  option: string,
  text: string | undefined,
): Promise<number | null> {
  if (text === undefined) return null;
  if (/^\d{1,8}$/.test(text)) return Number(text);
  const prompt = { kind: 'text' as const, text, bos: false };
  const { ids } = await engine.handlers['prompt.tokenize']({ prompt }, context);
  if (ids.length === 1) return ids[0]!;
  throw new AppError('bad-request', `“${text}” in ${option} is ${ids.length} tokens, not one.`, {
    hint: 'Mind the blank before a word, or give the token id.',
  });
}

type About = Pick<ModelInfo, 'layers' | 'heads'>;

/** The places that matter most: where recovery is farthest from that of the run which is patched. */
export function formatPatches(result: PatchResult & { readonly model: string }, top: number): string {
  const { direction, hook, grid, shape, values, recovery, pair, work } = result;
  const [, heads, positions] = shape;
  const receiver = direction === 'denoise' ? pair.corrupted : pair.clean;
  const unchanged = direction === 'denoise' ? 0 : 1;
  const ranked = strongest(recovery, unchanged, top);
  const rows = ranked.map((at) => {
    const layer = Math.floor(at / (heads * positions));
    const position = at % positions;
    const head = Math.floor(at / positions) % heads;
    return [
      grid === 'layer-position' ? `L${layer}` : formatHead({ layer, head }),
      ...(grid === 'head' ? [] : [String(position), receiver[position]!.display]),
      fixed(values[at]!),
      fixed(recovery[at]!),
    ];
  });
  const where = grid === 'head' ? [] : ['Position', 'Token'];
  const header = [grid === 'layer-position' ? 'Layer' : 'Head', ...where, 'Logit difference', 'Recovery'];
  const known = recovery.filter((value) => !Number.isNaN(value)).length;
  const title = `${result.model}, ${direction} of ${hook} by ${grid.replace('-', ' and ')}: the ${rows.length} of ${known} places that change most`;
  const table = formatTable(header, rows, [header.length - 2, header.length - 1, ...(grid === 'head' ? [] : [1])]);
  return [title, formatEnds(result), formatPair(pair), '', table, '', formatWork(work)].join('\n');
}

/** Paths that carry most, strongest first, and the direct one to the logits. */
export function formatPaths(result: PathResult & About & { readonly model: string }, top: number): string {
  const { direction, sender, mlps, heads, pair, work, logits } = result;
  const unchanged = direction === 'denoise' ? 0 : 1;
  const inputs = ['q', 'k', 'v'] as const;
  const all = inputs.flatMap((input) => [...result[input]]);
  const size = all.length / inputs.length;
  const rows = strongest(all, unchanged, top).map((at) => {
    const head = { layer: Math.floor((at % size) / heads), head: at % heads };
    return [formatHead(head), inputs[Math.floor(at / size)]!, fixed(all[at]!)];
  });
  const title = `${result.model}, ${direction} along paths from ${formatHead(sender)}, MLPs ${mlps}`;
  const table = formatTable(['To', 'Input', 'Recovery'], [['logits', '', fixed(logits)], ...rows], [2]);
  return [title, formatEnds(result), formatPair(pair), '', table, '', formatWork(work)].join('\n');
}

function strongest(recovery: ArrayLike<number>, unchanged: number, count: number): number[] {
  const size = (at: number): number => Math.abs(recovery[at]! - unchanged);
  return Array.from(recovery, (_, at) => at)
    .filter((at) => !Number.isNaN(recovery[at]))
    .sort((a, b) => size(b) - size(a))
    .slice(0, count);
}

function formatEnds({
  token,
  against,
  clean,
  corrupted,
}: Pick<PatchResult, 'token' | 'against' | 'clean' | 'corrupted'>) {
  const [first, second] = [token, against].map(({ display, id }) => `${display} (${id})`);
  return `Logit of ${first} - logit of ${second}: clean ${fixed(clean)}, corrupted ${fixed(corrupted)}`;
}

function formatPair({ clean, corrupted, partners }: AlignedPair): string {
  const aligned = [...partners.entries()].filter(([, partner]) => partner !== -1);
  const equal = aligned.filter(([at, partner]) => clean[at]!.id === corrupted[partner]!.id).length;
  const alone = clean.length + corrupted.length - 2 * aligned.length;
  return `${clean.length} clean tokens, ${corrupted.length} corrupted: ${equal} equal, ${aligned.length - equal} replaced, ${alone} without a partner`;
}

function formatWork({ forwards, milliseconds, flopBound }: SweepWork): string {
  const each = forwards === 1 ? '1 forward' : `${forwards} forwards`;
  return `${each} in ${(milliseconds / 1000).toFixed(2)} s; as many full ones take ${flopBound.toFixed(2)} times the operations`;
}

/** Without the sign of what rounds to 0. */
function fixed(value: number): string {
  return value.toFixed(3).replace(/^-(0\.0+)$/, '$1');
}
