import { availableParallelism } from 'node:os';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { AppError } from '../../shared/base/app-error.ts';
import { FIGURE_FORMATS } from '../../shared/figure/formats.ts';
import { FIGURE_VIEWS } from '../../shared/figure/recipe.ts';
import { DEVICES, type Device } from '../../shared/model/device.ts';
import { EFFECT_METRICS } from '../../shared/model/effect.ts';
import { FIDELITIES } from '../../shared/model/method-result.ts';
import { QUESTION_VIEWS, type QuestionView } from '../../shared/model/method-task.ts';
import { PLACE_KINDS } from '../../shared/model/place.ts';
import { ALIGNMENTS, PATCH_DIRECTIONS, PATCH_GRIDS, PATCH_HOOKS } from '../../shared/model/effect.ts';
import { findApp } from '../files/app-paths.ts';
import type { AblateOptions } from './commands/ablate-options.ts';
import { runAblate } from './commands/ablate.ts';
import { CHILD_COMMAND, runBenchChild, runBenchCommand, type BenchCommandOptions } from './commands/bench.ts';
import { runDocs } from './commands/docs.ts';
import { runDoctor } from './commands/doctor.ts';
import { runExamples } from './commands/examples.ts';
import { runExport, type ExportOptions } from './commands/export.ts';
import { runInfo } from './commands/info.ts';
import { runMethodRun } from './commands/methods-run.ts';
import { runMethodList, runMethodSelect, type MethodSelectOptions } from './commands/methods.ts';
import { runModelCheck } from './commands/model-check.ts';
import { runPatch, type PatchOptions } from './commands/patch.ts';
import { runRun, type RunOptions } from './commands/run.ts';
import type { ScoresOptions } from './commands/scores-options.ts';
import { runScores } from './commands/scores.ts';
import { runServe, type ServeOptions } from './commands/serve.ts';
import { fetchRuntime, runStart } from './commands/start.ts';
import type { SweepOptions } from './commands/sweep-options.ts';
import { runSweep } from './commands/sweep.ts';
import { runTaskCommand, type TaskOptions } from './commands/task.ts';
import { createConsole, type Console } from './console.ts';
import type { MethodRunOptions } from './method-run-options.ts';

const DEFAULT_PORT = 7432;

/** The commands, their options and their help. */
export function createProgram(console: Console): Command {
  const program = new Command('headscope')
    .description('See and ablate the attention heads of a real transformer, locally.')
    .version(findApp().version)
    .option('--json', 'print one JSON document instead of text')
    // An option after a command is the command's: --json of bench takes a file.
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeErr: (text) => (console.json ? undefined : process.stderr.write(text)),
      outputError: () => undefined,
    });

  const command = (name: string, description: string): Command =>
    program.command(name).description(description).option('--json', 'print one JSON document instead of text');

  const modelCommand = (name: string, description: string): Command =>
    command(name, description).requiredOption('--model <folder>', 'folder in Hugging Face layout, or demo');

  const withPrompt = (of: Command): Command =>
    of
      .option('--text <text>', 'the prompt')
      .option('--file <file>', 'a UTF-8 file with the prompt')
      .option('--ids <file>', 'a JSON file with token ids')
      .option('--bos', 'put the BOS token in front')
      .option('--no-bos', 'put no BOS token in front');

  const promptCommand = (name: string, description: string): Command => withPrompt(modelCommand(name, description));

  command('start', 'open the desktop window, or the browser where there is none')
    .option('--port <number>', 'port for the browser; 0 = any', parsePort, 0)
    .addOption(deviceOption())
    .action((options: { port: number; device?: Device }) => {
      useDevice(options.device);
      return runStart(console, options);
    });

  command('serve', 'serve the app to a browser')
    .option('--port <number>', 'port; 0 = any', parsePort, DEFAULT_PORT)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--root <folder>', 'folder that models may be opened from (default: home)')
    .option('--token <token>', 'access token instead of a random one')
    .option('--open', 'open the system browser')
    .addOption(deviceOption())
    .action((options: ServeOptions & { device?: Device }) => {
      useDevice(options.device);
      return runServe(console, options);
    });

  modelCommand('info', 'say what a model is').action((options: { model: string }) => runInfo(console, options));

  promptCommand('run', 'run a prompt; compare with ablated heads; write captures and sessions')
    .option('--ablate <list>', 'heads to change: L0H1=zero,L2H3=scale:0.5')
    .option('--hooks <names>', 'what to capture, by TransformerLens names, separated by commas')
    .option('--rows <a:b>', 'query rows of patterns and scores')
    .option('--out <file>', 'write the captures to this .safetensors file')
    .option('--generate <number>', 'go on for so many tokens', parseCount)
    .option('--temperature <number>', 'sample with this temperature instead of taking the likeliest token', Number)
    .option('--top-k <number>', 'sample from the k likeliest tokens', Number)
    .option('--top-p <number>', 'sample from the fewest tokens that hold this share', Number)
    .option('--seed <number>', 'seed of the sampling (default: 0)', Number)
    .option('--session <file>', 'write a .headscope file of the run, which the window opens without the model')
    .option(
      '--heads <names>',
      'heads whose profiles and maps the session keeps: L0H1,L2H3, or all (default: 8, the highest of each score in turn; first copy, induction, max weight away from the usual places)',
    )
    .option(
      '--include-tensors',
      'keep Q, K and LSE in the session too, so that the map of every head can be zoomed into',
    )
    .option('--cut', 'cut what is past the context limit instead of refusing')
    .option('--threads <number>', 'threads (default: number of cores)', parseThreads)
    .addOption(deviceOption())
    .action((options: RunOptions) => runRun(console, options));

  withPrompt(
    command('ablate', 'predictions before and after interventions on heads, position by position').option(
      '--model <folder>',
      'folder in Hugging Face layout, or demo',
    ),
  )
    .option('--set <list>', 'what is changed: L0H1=zero,L2H3=scale:0.5,L5KV0=drop-keys#0:4')
    .option('--list', 'print what can be done, where, and with which parameters')
    .option('--final-norm <how>', 'recomputed, or frozen at the scale of the clean run')
    .option('--task <name>', 'a sample of a task instead of a prompt, and its accuracy before and after')
    .option('--param <name=value>', 'a parameter of the task', collect, [])
    .option('--samples <number>', 'prompts that the accuracy is told of (default: 20)', parseSamples)
    .option('--seed <number>', 'seed of the samples', parseSeed)
    .option('--threads <number>', 'threads (default: number of cores)', parseThreads)
    .addOption(deviceOption())
    .action((options: AblateOptions) => runAblate(console, options));

  promptCommand('sweep', 'the effect of one change at every head alone, ranked')
    .requiredOption(
      '--mode <change>',
      'what is done, as in interventions without the place: zero, streaming:4:64, uniform',
    )
    .option('--places <kind>', `${PLACE_KINDS.join(', ')} (default: head)`)
    .option('--metric <name>', `what is ranked by: ${EFFECT_METRICS.join(', ')} (default: kl)`)
    .option('--ablate <list>', 'what is changed already, so that the rest is ranked without it: L0H1=zero,L2H3=zero')
    .option('--final-norm <how>', 'recomputed, or frozen at the scale of the clean run')
    .option('--position <number>', 'where logits are compared (default: the last one)', parseIndex)
    .option('--task <name>', 'a sample of a task instead of a prompt')
    .option('--param <name=value>', 'a parameter of the task', collect, [])
    .option('--seed <number>', 'seed of the sample', parseSeed)
    .option('--top <number>', 'places that the table lists (default: 20)', parseSamples)
    .option('--threads <number>', 'threads (default: number of cores)', parseThreads)
    .addOption(deviceOption())
    .action((options: SweepOptions) => runSweep(console, options));

  withPrompt(
    command(
      'scores',
      'score every head on a prompt or over a probe set; needs neither for scores of the weights',
    ).option('--model <folder>', 'folder in Hugging Face layout, or demo'),
  )
    .option('--task <name>', 'a probe set instead of a prompt: needle, repeat, prose, random, one-token, ...')
    .option('--probe-file <file>', 'JSON lines {"prompt"} or {"prompt", "answer"} as the probe set')
    .option('--scores <ids>', 'all that cost no further forwards, or some, separated by commas', 'all')
    .option('--score-param <score.name=value>', 'a parameter of a score: streaming.window=64', collect, [])
    .option(
      '--import <file>',
      'a gate table of DuoAttention or a score file of Retrieval_Head, beside ours',
      collect,
      [],
    )
    .option('--list', 'print what scores there are; with --model also the probe sets')
    .option('--lengths <numbers>', 'lengths of the probe set, separated by commas')
    .option('--depths <numbers>', 'depths of the probe set, separated by commas')
    .option('--samples <number>', 'prompts of each length and depth (default: 10)', parseSamples)
    .option('--param <name=value>', 'a parameter of the probe set', collect, [])
    .option('--seed <number>', 'seed of the prompts and of the bootstrap', parseSeed)
    .option('--format <format>', 'json or csv instead of a table')
    .option('--threads <number>', 'threads (default: number of cores)', parseThreads)
    .addOption(deviceOption())
    .action((options: ScoresOptions) => runScores(console, options));

  modelCommand('task <name>', 'measure the accuracy of greedy answers: needle, recall, repeat, copy, file')
    .option('--lengths <numbers>', 'tokens of prompt and answer, separated by commas')
    .option('--depths <numbers>', 'places of the needle from 0 to 1, separated by commas')
    .option('--samples <number>', 'samples of each length and depth (default: 40)', parseSamples)
    .option('--facts <number>', 'facts of the needle task', Number)
    .option('--param <name=value>', 'any other parameter of the task', collect, [])
    .option('--file <file>', 'JSON lines {"prompt", "answer"} for the task file')
    .option('--seed <number>', 'seed of the samples', parseSeed)
    .option('--ablate <list>', 'heads to change: L0H1=zero,L2H3=scale:0.5')
    .option('--streaming <sink+window>', 'let every head see only so many first and last keys: 4+64')
    .option('--full <groups>', 'KV groups that see everything in spite of --streaming: L1G0,L2G3')
    .option('--method <id>', 'give answers under one of `headscope methods list`')
    .option('--method-param <name=value>', 'a parameter of the method', collect, [])
    .option('--budget <keys>', 'of the method, keys or a share of the prompt: 256, 25% (default: as published, scaled)')
    .addOption(
      new Option(
        '--question <view>',
        'whether the method chooses before the question or after it (default: unseen)',
      ).choices(QUESTION_VIEWS),
    )
    .option('--threads <number>', 'threads (default: number of cores)', parseThreads)
    .addOption(deviceOption())
    .action((name: string, options: TaskOptions) => runTaskCommand(console, name, options));

  const methods = program.command('methods').description('sparse attention methods: what they keep and read');
  const methodCommand = (name: string, description: string): Command =>
    methods.command(name).description(description).option('--json', 'print one JSON document instead of text');

  methodCommand('list', 'say what methods there are, with their parameters').action(() => runMethodList(console));

  withPrompt(
    methodCommand(
      'run',
      'what methods keep of attention on a prompt or a task, and what that costs in mass, output and answers',
    ).requiredOption('--model <folder>', 'folder in Hugging Face layout, or demo'),
  )
    .option('--method <id>', 'one of `headscope methods list`; several times for several', collect, [])
    .option('--param <name=value>', 'a parameter of the method', collect, [])
    .option(
      '--budget <keys>',
      'keys, or a share of the prompt: 256, 25%; several times for several (default: as published, scaled)',
      collect,
      [],
    )
    .option(
      '--prompt-length <number>',
      'tokens before the first query under the method, which does not see what follows (default: all before the answer, or 75 %)',
      parseCount,
    )
    .option('--question-start <place>', 'first token of the question in the prompt, or the text that it begins with')
    .option(
      '--question <view>',
      'unseen: methods choose before the question; seen: after it; several times for both on a task (default: unseen)',
      collectViews,
    )
    .option('--answer <text>', 'the right answer, which goes behind the prompt')
    .option('--max-tokens <number>', 'tokens of a continuation at F3 (default: 16, or those of the answer)', parseCount)
    .addOption(
      new Option(
        '--fidelity <name>',
        'F1: each layer by itself, on dense q, k and v; F2: through all layers, teacher-forced; F3: F2, and generating',
      )
        .choices(FIDELITIES)
        .default('F1'),
    )
    .option('--task <name>', 'run on the prompts of a task instead: needle, recall, repeat, copy, file (JSON lines)')
    .option('--lengths <numbers>', 'of the task: tokens of prompt and answer, separated by commas')
    .option('--depths <numbers>', 'of the task: places of the needle from 0 to 1, separated by commas')
    .option('--samples <number>', 'of the task: samples of each length and depth (default: 40)', parseSamples)
    .option('--facts <number>', 'of the task needle: facts', Number)
    .option('--task-param <name=value>', 'any other parameter of the task', collect, [])
    .option('--seed <number>', 'of the task: seed of the samples', parseSeed)
    .option('--threads <number>', 'threads (default: number of cores)', parseThreads)
    .addOption(deviceOption())
    .action((options: MethodRunOptions) => runMethodRun(console, options));

  methodCommand('select', 'write what a method keeps of q, k and v in a file; needs no model')
    .requiredOption(
      '--capture <file>',
      'a .safetensors file with q [L, H, n, d], k and v [L, G, n, d], rotated; or hook_rot_q, hook_rot_k and hook_v of a run',
    )
    .requiredOption('--method <id>', 'one of `headscope methods list`')
    .requiredOption('--prompt-length <number>', 'positions before the first query under the method', parseIndex)
    .option('--param <name=value>', 'a parameter of the method', collect, [])
    .option('--budget <keys>', 'keys, or a share of the prompt: 256, 25% (default: as published, scaled)')
    .option('--rows <a:b>', 'query rows of the mask on the prompt, where the method has one')
    .requiredOption('--out <file>', 'the .safetensors file to write')
    .action((options: MethodSelectOptions) => runMethodSelect(console, options));

  modelCommand('patch', 'put values of one prompt’s run into that of another, by place or along paths')
    .option('--clean <text>', 'the clean prompt')
    .option('--clean-file <file>', 'a UTF-8 file with it')
    .option('--clean-ids <file>', 'a JSON file with its token ids')
    .option('--corrupted <text>', 'the corrupted prompt')
    .option('--corrupted-file <file>', 'a UTF-8 file with it')
    .option('--corrupted-ids <file>', 'a JSON file with its token ids')
    .option('--bos', 'put the BOS token in front of both')
    .option('--no-bos', 'put no BOS token in front')
    .addOption(new Option('--align <how>', 'what belongs together (default: tokens)').choices(ALIGNMENTS))
    .addOption(
      new Option('--direction <name>', 'clean values into the corrupted run, or noise (default: denoise)').choices(
        PATCH_DIRECTIONS,
      ),
    )
    .addOption(new Option('--hook <name>', 'what is put in (default: z)').choices(PATCH_HOOKS))
    .addOption(new Option('--grid <name>', 'one patch a head, or by position (default: head)').choices(PATCH_GRIDS))
    .option('--heads <names>', 'only these heads by position: L0H1,L2H3')
    .option('--sender <head>', 'patch the paths from this head to the q, k and v of later ones and to the logits: L0H1')
    .option('--freeze-mlps', 'keep MLPs along the paths too')
    .option(
      '--position <number>',
      'read the logits after this token of the patched prompt (default: the last)',
      parseIndex,
    )
    .option('--token <token>', 'the token whose logit is read, or its id (default: what the clean run says)')
    .option('--against <token>', 'the one it is compared with (default: what the corrupted run says)')
    .option('--freeze-norm', 'keep the scale of the final norm')
    .option('--top <number>', 'places to list (default: 20)', parseCount)
    .option('--threads <number>', 'threads (default: number of cores)', parseThreads)
    .addOption(deviceOption())
    .action((options: PatchOptions) => runPatch(console, options));

  withPrompt(
    command('export', 'save a figure, or its numbers, of a session or a prompt')
      .option('--session <file>', 'a .headscope file, which needs no model')
      .option('--model <folder>', 'folder in Hugging Face layout, or demo'),
  )
    .option('--ablate <list>', 'heads to change: L0H1=zero,L2H3=scale:0.5')
    .option('--view <name>', `one of ${FIGURE_VIEWS.join(', ')}`)
    .option('--recipe <file>', 'a JSON file that says all about the figure, instead of --view')
    .option('--head <names>', 'L0H1; several with commas; L0H1-L0H2 is a difference, L0H1:changed of the ablated run')
    .option('--run <role>', 'clean or changed: the run with the ablation')
    .option('--score <id>', 'score of the atlas and of the order of heads')
    .option('--token <number>', 'token of the token strip', parseIndex)
    .option('--format <format>', `${FIGURE_FORMATS.join(', ')} (default: as the file is called)`)
    .requiredOption('--out <file>', 'the file to write')
    .option('--no-replace', 'do not replace a file')
    .option('--width-mm <number>', 'width (default: 180)', Number)
    .option('--height-mm <number>', 'height (default: as the content needs)', Number)
    .option('--font-pt <number>', 'font size (default: 7)', Number)
    .option('--title <text>', "title instead of the view's own; empty for none")
    .option('--no-caption', 'without the lines under the figure')
    .option('--theme <name>', 'light or dark')
    .option('--dpi <number>', 'pixels per inch (default: 300)', Number)
    .option('--generate <number>', 'tokens of the view generation', parseCount)
    .option('--set <name=value>', 'any other field of the recipe', collect, [])
    .option('--threads <number>', 'threads (default: number of cores)', parseThreads)
    .addOption(deviceOption())
    .action((options: ExportOptions) => runExport(console, options));

  program
    .command('bench')
    .description('measure time and memory of runs on generated models, beside a plain session')
    .option(
      '--case <names>',
      'gpt2-small, gqa, kernel, tiles, suffix, scores, sweep, separated by commas (default: all)',
    )
    .option('--lengths <numbers>', 'tokens, up to 32768, separated by commas (default: 64,512,1024,4096)')
    .option('--variants <names>', 'plain, stats, capture, materialised; stats-avx2, capture-onnx, ...')
    .option('--repeats <number>', 'processes of each variant (default: 3)', parseRepeats)
    .option('--threads <number>', 'threads (default: number of cores)', parseThreads)
    .option('--json [file]', 'write one JSON document to the file, or print it instead of text')
    .action((options: BenchCommandOptions) =>
      // With a file, standard output keeps the table.
      runBenchCommand(typeof options.json === 'string' ? createConsole(false) : console, options),
    );

  program.command(CHILD_COMMAND, { hidden: true }).action(runBenchChild);

  command('doctor', 'say what is found on this machine, and what to do about the rest').action(() =>
    runDoctor(console),
  );

  program
    .command('model-check', { hidden: true })
    .option('--json', 'print one JSON document instead of text')
    .option('--threads <number>', 'threads (default: number of cores)', parseThreads)
    .action((options: { threads?: number }) => runModelCheck(console, options));

  program
    .command('examples', { hidden: true })
    .option('--json', 'print one JSON document instead of text')
    .action(() => runExamples(console));

  program
    .command('docs', { hidden: true })
    .option('--json', 'print one JSON document instead of text')
    .action(() => runDocs(console));

  program
    .command('electron-install', { hidden: true })
    .option('--json', 'print one JSON document instead of text')
    .action(async () => {
      const path = await fetchRuntime(console, findApp().root);
      console.result({ path }, () => `Electron is ready: ${path}`);
    });
  return program;
}

/** Runs the command line; every failure ends as a sentence or a JSON error, and as exit code 1. */
export async function main(argv: readonly string[]): Promise<void> {
  const console = createConsole(argv.includes('--json'));
  // `headscope info | head` closes the pipe early; that is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  const program = createProgram(console);
  try {
    if (argv.length <= 2) program.help({ error: true });
    await program.parseAsync(argv);
  } catch (error) {
    if (error instanceof CommanderError && (error.exitCode === 0 || error.code === 'commander.help')) {
      process.exitCode = error.exitCode;
      return;
    }
    console.error(error instanceof CommanderError ? usageError(error, commandOf(program, argv)) : error);
  }
}

/** The names of the command that was typed, as far as there is one. */
function commandOf(program: Command, argv: readonly string[]): string[] {
  const names: string[] = [];
  let at = program;
  for (const word of argv.slice(2)) {
    const next = at.commands.find((command) => command.name() === word);
    if (!next) break;
    names.push(word);
    at = next;
  }
  return names;
}

function usageError({ message }: CommanderError, command: readonly string[]): AppError {
  const help = ['headscope', ...command, '--help'].join(' ');
  return new AppError('bad-request', sentence(message), {
    hint: `\`${help}\` lists ${command.length === 0 ? 'the commands' : 'its options'}.`,
  });
}

/** Commander writes `error: unknown option '--x'`. */
function sentence(message: string): string {
  const text = message.replace(/^error: /, '');
  return text.charAt(0).toUpperCase() + text.slice(1) + (text.endsWith('.') ? '' : '.');
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  return port;
}

/** Where to compute. */
function deviceOption(): Option {
  return new Option('--device <name>', "compute here if its numbers equal the CPU's (default: cpu)").choices(DEVICES);
}

/** For the engine process, which inherits it. */
function useDevice(device: Device | undefined): void {
  if (device !== undefined) process.env['HEADSCOPE_DEVICE'] = device;
}

const collect = (text: string, all: readonly string[]): string[] => [...all, text];

function collectViews(text: string, all: readonly QuestionView[] = []): QuestionView[] {
  const view = QUESTION_VIEWS.find((each) => each === text);
  if (view === undefined) throw new InvalidArgumentError(`Give ${QUESTION_VIEWS.join(' or ')}.`);
  return [...all, view];
}

function parseSamples(text: string): number {
  const count = Number(text);
  if (!/^\d{1,5}$/.test(text) || count < 1 || count > 10_000) {
    throw new InvalidArgumentError('Give a number from 1 to 10000.');
  }
  return count;
}

function parseIndex(text: string): number {
  if (!/^\d{1,7}$/.test(text)) throw new InvalidArgumentError('Give a number from 0.');
  return Number(text);
}

function parseRepeats(text: string): number {
  const count = Number(text);
  if (!/^\d{1,3}$/.test(text) || count < 1 || count > 100)
    throw new InvalidArgumentError('Give a number from 1 to 100.');
  return count;
}

function parseSeed(text: string): number {
  const seed = Number(text);
  if (!/^\d{1,10}$/.test(text) || seed >= 2 ** 32)
    throw new InvalidArgumentError('Give a number from 0 to 4294967295.');
  return seed;
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!/^\d{1,5}$/.test(text) || count < 1 || count > 32_768) {
    throw new InvalidArgumentError('Give a number from 1 to 32768.');
  }
  return count;
}

/** Every graph of a model has its own pool, so too many threads would run into the limits of the system. */
const MOST_THREADS = Math.max(64, availableParallelism());

function parseThreads(text: string): number {
  const count = Number(text);
  if (!/^\d{1,4}$/.test(text) || count < 1 || count > MOST_THREADS) {
    throw new InvalidArgumentError(`Give a number from 1 to ${MOST_THREADS}.`);
  }
  return count;
}
