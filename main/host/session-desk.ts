/**
 * The one session that a host has open: its file, its stored runs in the engine, and what is kept of it for recovery.
 * Paths come checked.
 */
import { randomBytes } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { AppError, CancelledError } from '../../shared/base/app-error.ts';
import type { CallContext, Handlers } from '../../shared/contract/handlers.ts';
import type {
  EngineMethodName,
  ParsedParamsOf,
  ResultOf,
  SessionRun,
  SessionTrace,
} from '../../shared/contract/methods.ts';
import type { SessionRole } from '../../shared/session/manifest.ts';
import { formatJson } from '../../shared/session/plain-json.ts';
import { readState } from '../../shared/session/read-state.ts';
import type { SessionState } from '../../shared/session/session-state.ts';
import type { StoredRun } from '../../shared/session/stored-run.ts';
import type { Autosave } from '../files/session/autosave.ts';
import { fileIdentity } from '../files/session/entry-source.ts';
import {
  NOTHING_CARRIED,
  type CarriedParts,
  type ContentRun,
  type ContentTrace,
  type SessionContent,
  type StoredTensors,
} from '../files/session/session-content.ts';
import { checkPlace, openSessionFile, saveSessionFile, type SavedFile } from '../files/session/session-file.ts';
import { temporaryFor } from '../files/session/temporary-files.ts';
import type { UnpackedSession } from '../files/session/unpack-session.ts';
import { createExclusive } from './exclusive.ts';
import { createRunKeeper } from './run-keeper.ts';
import { createTraceKeeper } from './trace-keeper.ts';
import type { TokenizerHashes } from './tokenizer-hashes.ts';

/** What sessions ask of an engine. */
export type SessionEngine = Pick<
  Handlers<EngineMethodName>,
  'run.store' | 'run.attach' | 'run.release' | 'run.writeTensors' | 'method.store' | 'method.attach'
>;

export interface DeskOptions {
  readonly engine: SessionEngine;
  readonly autosave: Autosave;
  readonly tokenizers: TokenizerHashes;
  readonly appVersion: string;
  readonly now: () => Date;
  /** How long keeping unsaved work waits for an engine that computes something else. */
  readonly patienceMs?: number;
}

export interface SaveRequest extends Omit<ParsedParamsOf<'session.save'>, 'path'> {
  /** Null: where the session lies. */
  readonly path: string | null;
  /** Also what is no session: the user was asked about just this file. */
  readonly replaceAnything: boolean;
}

export interface Replacing {
  /** Whether the unsaved work of the session before was given up; else it stays to be recovered. */
  readonly abandon: boolean;
}

export interface SessionDesk {
  /** Where the open session lies; null where it was never saved. */
  readonly path: string | null;
  save(request: SaveRequest, context: CallContext): Promise<ResultOf<'session.save'>>;
  /** `place`: where it is saved from now on; null where the user is to be asked. */
  open(
    path: string,
    place: string | null,
    replacing: Replacing,
    context: CallContext,
  ): Promise<ResultOf<'session.open'>>;
  /** One that comes with Headscope. What is made of it is the user's own: it has no place, and is new when it is saved. */
  openExample(path: string, replacing: Replacing, context: CallContext): Promise<ResultOf<'session.openExample'>>;
  /** `checkPath`: the path where it may be saved from now on, or null. */
  recover(
    id: string,
    checkPath: (path: string) => Promise<string | null>,
    replacing: Replacing,
    context: CallContext,
  ): Promise<ResultOf<'session.recover'>>;
  attach(params: ParsedParamsOf<'session.attach'>, context: CallContext): Promise<ResultOf<'session.attach'>>;
  autosave(params: ParsedParamsOf<'session.autosave'>, context: CallContext): Promise<ResultOf<'session.autosave'>>;
  close(replacing: Replacing): Promise<void>;
  /** Another page: what the one before did not save can be recovered. */
  greetPage(): void;
}

/** A run of the session's file, in the engine under an id of our own. */
interface OpenRun {
  readonly role: SessionRole;
  readonly runId: string;
  readonly run: StoredRun;
}

interface OpenSession {
  /** Pages name it, so that none takes the session of another for its own. Null: neither opened nor saved. */
  readonly id: string | null;
  readonly path: string | null;
  /** Undefined for one that was never saved. */
  readonly createdAt: string | undefined;
  readonly keptState: SessionState;
  readonly carried: CarriedParts;
  readonly runs: readonly OpenRun[];
  /** As they were in the file. */
  readonly traces: readonly ContentTrace[];
}

const NONE: OpenSession = {
  id: null,
  path: null,
  createdAt: undefined,
  keptState: {},
  carried: NOTHING_CARRIED,
  runs: [],
  traces: [],
};
const AUTOSAVE_PATIENCE_MS = 3000;

export function createSessionDesk(options: DeskOptions): SessionDesk {
  const { engine, autosave, tokenizers, now } = options;
  const keeper = createRunKeeper((choice, context) => engine['run.store'](choice, context));
  const traceKeeper = createTraceKeeper((params, context) => engine['method.store'](params, context));
  const exclusive = createExclusive();
  /** Read and set by who has the lock. */
  let present = NONE;
  /** Tensors that lie in a session file, by run id. */
  const places = new Map<string, StoredTensors>();
  /** Raised when the session on the desk is another one or is saved: what was begun before is out of date. */
  let turn = 0;
  const packOptions = (signal: AbortSignal) => ({ appVersion: options.appVersion, now, signal });

  const collect = async (
    { runs }: Pick<SaveRequest, 'runs'>,
    wait: { readonly signal: AbortSignal; readonly patienceMs?: number },
    warnings: string[],
  ): Promise<OpenRun[]> => {
    const roles = runs.map(({ role }) => role);
    if (new Set(roles).size < roles.length) throw new AppError('bad-request', 'A session has one run of each role.');
    const found: OpenRun[] = [];
    for (const { role, choice } of runs) {
      const { run, problem } = await keeper.collect(choice, wait);
      if (problem !== null) {
        const saved = run ? 'is saved as it was last kept' : 'is not in the file';
        warnings.push(`The ${role} run ${saved}. ${problem}`);
      }
      if (run) found.push({ role, runId: choice.runId, run });
    }
    return found;
  };

  const collectTraces = async (
    { traces }: Pick<SaveRequest, 'traces'>,
    wait: { readonly signal: AbortSignal; readonly patienceMs?: number },
    warnings: string[],
  ): Promise<ContentTrace[]> => {
    const names = traces.map(({ name }) => name);
    if (new Set(names).size < names.length) throw new AppError('bad-request', 'A session has one trace of each name.');
    const found: ContentTrace[] = [];
    for (const { name, trace: id, run } of traces) {
      const { trace, problem } = await traceKeeper.collect(id, wait);
      if (problem !== null) warnings.push(`What a method read (${name}) is not in the file. ${problem}`);
      if (trace) found.push({ name, run, trace });
    }
    traceKeeper.retain(traces.map(({ trace }) => trace));
    return found;
  };

  /** Forgets every run but those of a request and those on the desk. */
  const retain = ({ runs }: Pick<SaveRequest, 'runs'>): void => {
    const inUse = [...runs.map(({ choice }) => choice.runId), ...present.runs.map(({ runId }) => runId)];
    keeper.retain(inUse);
    for (const runId of [...places.keys()]) if (!inUse.includes(runId)) places.delete(runId);
  };

  const expectPresent = (sessionId: string | null, hint: string): void => {
    if (sessionId === present.id) return;
    const found =
      present.id === null
        ? 'This session is no longer open on this host.'
        : 'Another window of this host has opened another session.';
    throw new AppError('bad-request', found, { hint, details: { otherSession: true } });
  };

  const contentOf = async (
    state: SessionState,
    runs: readonly ContentRun[],
    traces: readonly ContentTrace[],
    { createdAt, keptState, carried }: OpenSession,
  ): Promise<SessionContent> => {
    const model = runs[0]?.run.model.modelId;
    return {
      // What the page knows wins over what was kept for it.
      state: { ...keptState, ...state },
      runs,
      traces,
      tokenizer: model === undefined ? null : await tokenizers.of(model),
      createdAt: createdAt ?? now().toISOString(),
      carried,
    };
  };

  /** Where the tensors lie in a file that did not change since. */
  const placeOf = async (runId: string): Promise<StoredTensors | null> => {
    const place = places.get(runId);
    return place && (await fileIdentity(place.path)) === place.identity ? place : null;
  };

  /** Tensors of each run: from the session file that holds them, or written by the engine beside the new one. */
  const withTensors = async (
    runs: readonly OpenRun[],
    path: string,
    temporaries: string[],
    warnings: string[],
    context: CallContext,
  ): Promise<ContentRun[]> => {
    const found: ContentRun[] = [];
    for (const { role, runId, run } of runs) {
      let tensors = await placeOf(runId);
      if (!tensors) {
        const temporary = temporaryFor(`${path}.${role}`);
        temporaries.push(temporary);
        try {
          const { bytes } = await engine['run.writeTensors']({ runId, path: temporary }, context);
          tensors = { path: temporary, offset: 0, bytes };
        } catch (error) {
          if (!(error instanceof AppError) || error.code === 'io') throw error;
          warnings.push(`The tensors of the ${role} run are not in the file. ${error.message}`);
        }
      }
      found.push({ role, run, tensors });
    }
    return found;
  };

  /** What was just saved is where its tensors are found from now on. */
  const notePlaces = async ({ path, manifest, tensors }: SavedFile, runs: readonly OpenRun[]): Promise<void> => {
    const identity = await fileIdentity(path);
    for (const { role, runId } of runs) {
      const part = tensors.get(role);
      const entry = manifest.runs.find((candidate) => candidate.role === role)?.tensors;
      const sha256 = manifest.files.find((file) => file.path === entry)?.sha256;
      if (part && sha256 !== undefined && identity !== undefined) places.set(runId, { ...part, sha256, identity });
    }
  };

  const release = async (runs: readonly OpenRun[]): Promise<void> => {
    for (const { runId } of runs) {
      places.delete(runId);
      // An engine that is gone holds nothing any more.
      await engine['run.release']({ runId }, quiet).catch(() => undefined);
    }
  };

  const attachOne = async (
    { role, runId, run }: OpenRun,
    warnings: string[],
    context: CallContext,
  ): Promise<SessionRun> => {
    const place = await placeOf(runId);
    const attachWith = (tensors: ParsedParamsOf<'run.attach'>['tensors']) =>
      engine['run.attach']({ runId, run, tensors }, context);
    if (place) {
      try {
        const { path, offset, bytes } = place;
        return { role, summary: await attachWith({ path, offset, bytes }) };
      } catch (error) {
        if (!(error instanceof AppError) || (error.code !== 'session-invalid' && error.code !== 'io')) throw error;
        places.delete(runId);
        warnings.push(`The tensors of the ${role} run cannot be used. ${error.message}`);
      }
    }
    return { role, summary: await attachWith(null) };
  };

  /** Maps of a trace need the run that it is of. What cannot be taken in is left out. */
  const attachTraces = async (
    traces: readonly ContentTrace[],
    runs: readonly OpenRun[],
    warnings: string[],
    context: CallContext,
  ): Promise<SessionTrace[]> => {
    const attached: SessionTrace[] = [];
    for (const { name, run, trace: stored } of traces) {
      try {
        const runId = runs.find(({ role }) => role === run)?.runId ?? null;
        const { trace } = await engine['method.attach']({ stored, runId }, context);
        traceKeeper.adopt(trace, stored);
        attached.push({ name, trace });
      } catch (error) {
        if (!(error instanceof AppError) || error.code === 'engine-died') throw error;
        warnings.push(`What a method read (${name}) cannot be used. ${error.message}`);
      }
    }
    return attached;
  };

  /**
   * Puts a session on the desk in place of the one before. `kept` is called when nothing but itself can fail any more,
   * with the id of the session.
   */
  const take = async (
    session: UnpackedSession,
    { path, createdAt }: Pick<OpenSession, 'path' | 'createdAt'>,
    kept: (id: string) => Promise<void>,
    context: CallContext,
  ): Promise<Omit<ResultOf<'session.open'>, 'file'>> => {
    const { manifest, state, keptState, carried } = session;
    const warnings = [...session.warnings];
    const id = newId();
    const next = session.runs.map(({ role, run }) => ({ role, run, runId: `session-${id}-${role}` }));
    const runs: SessionRun[] = [];
    let traces: SessionTrace[] = [];
    try {
      for (const [i, run] of next.entries()) {
        const { tensors } = session.runs[i]!;
        const identity = tensors?.identity ?? (tensors ? await fileIdentity(tensors.path) : undefined);
        if (tensors && identity !== undefined) places.set(run.runId, { ...tensors, identity });
        runs.push(await attachOne(run, warnings, context));
      }
      traces = await attachTraces(session.traces, next, warnings, context);
      if (context.signal.aborted) throw new CancelledError();
      await kept(id);
    } catch (error) {
      await release(next);
      throw error;
    }
    const before = present;
    present = { id, path, createdAt, keptState, carried, runs: next, traces: session.traces };
    turn += 1;
    for (const { runId, run } of next) keeper.adopt(runId, run, !places.has(runId));
    const model = next[0]?.run.model ?? null;
    if (model && manifest.tokenizer) tokenizers.know(model.modelId, manifest.tokenizer.sha256);
    // Not waited for: a page that cancels meanwhile would go on with what is no longer on the desk.
    void release(before.runs);
    return { sessionId: id, state, model, runs, traces, warnings };
  };

  /** What cannot be removed is offered for recovery once more, which is no reason to fail. */
  const forget = (): Promise<void> => autosave.clear().catch(() => undefined);

  /** The autosave goes on with another session. */
  const follow =
    ({ abandon }: Replacing) =>
    async (id: string | null): Promise<void> => {
      if (abandon) await forget();
      autosave.workOn(id);
    };

  return {
    get path() {
      return present.path;
    },

    save: ({ path: given, state, runs, traces, sessionId, tensors, replace, replaceAnything }, context) =>
      exclusive(async () => {
        if (given === null) expectPresent(sessionId, 'Save under a name.');
        // Of another session nothing goes into the file.
        const session = sessionId === present.id ? present : NONE;
        const path = given ?? session.path;
        if (path === null) {
          throw new AppError('bad-request', 'The session was never saved, so it has no place yet.', {
            hint: 'Choose a name for it.',
          });
        }
        const isOwn = path === session.path;
        const place = { replaceAnything: replaceAnything || isOwn };
        const found = await checkPlace(path, place);
        if (found !== 'absent' && !place.replaceAnything && !replace) throw alreadyThere(path);
        const warnings: string[] = [];
        const slices = storable(state, warnings);
        context.progress({ phase: 'Reading the runs', done: 0, total: 1, etaMs: null });
        const collected = await collect({ runs }, context, warnings);
        const collectedTraces = await collectTraces({ traces }, context, warnings);
        retain({ runs });
        const temporaries: string[] = [];
        try {
          const withOrWithout = tensors
            ? await withTensors(collected, path, temporaries, warnings, context)
            : collected.map(({ role, run }) => ({ role, run, tensors: null }));
          const saved = await saveSessionFile(path, await contentOf(slices, withOrWithout, collectedTraces, session), {
            ...packOptions(context.signal),
            ...place,
            onBytes: (done, total) => context.progress({ phase: 'Saving', done, total, etaMs: null }),
          });
          await notePlaces(saved, collected);
          const { name, bytes, manifest } = saved;
          const id = session.id ?? newId();
          const before = present;
          present = { ...session, id, path, createdAt: manifest.createdAt };
          turn += 1;
          if (session !== before) void release(before.runs.filter(({ runId }) => !isAmong(runs, runId)));
          autosave.workOn(sessionId);
          await forget();
          autosave.workOn(id);
          return { path, name, bytes, savedAt: manifest.savedAt, sessionId: id, warnings };
        } finally {
          for (const temporary of temporaries) await rm(temporary, { force: true });
        }
      }),

    open: (path, place, replacing, context) =>
      exclusive(async () => {
        const session = await openSessionFile(path);
        const { createdAt, savedAt } = session.manifest;
        const file = place === null ? null : { ...(await fileAt(place)), savedAt };
        return { ...(await take(session, { path: place, createdAt }, follow(replacing), context)), file };
      }),

    openExample: (path, replacing, context) =>
      exclusive(async () => {
        const session = await openSessionFile(path);
        const opened = await take(session, { path: null, createdAt: undefined }, follow(replacing), context);
        return { ...opened, file: null };
      }),

    recover: (id, checkPath, { abandon }, context) =>
      exclusive(async () => {
        const { session, path } = await autosave.read(id);
        const place = path === null ? null : await checkPath(path);
        const file = place === null ? null : await fileAt(place);
        const { createdAt } = session.manifest;
        const kept = (sessionId: string) => autosave.goOn(id, sessionId, abandon);
        return { ...(await take(session, { path: place, createdAt }, kept, context)), file };
      }),

    attach: ({ sessionId }, context) =>
      exclusive(async () => {
        expectPresent(sessionId, 'Open the file again.');
        const runs: SessionRun[] = [];
        for (const run of present.runs) runs.push(await attachOne(run, [], context));
        return { runs, traces: await attachTraces(present.traces, present.runs, [], context) };
      }),

    async autosave({ state, runs, traces, sessionId }, { signal }) {
      const begun = turn;
      // What cannot be had now is kept as it was, or comes with the next change.
      const wait = { signal, patienceMs: options.patienceMs ?? AUTOSAVE_PATIENCE_MS };
      const found = await collect({ runs }, wait, []);
      const foundTraces = await collectTraces({ traces }, wait, []);
      return exclusive(async () => {
        if (turn !== begun) return { savedAt: null };
        retain({ runs });
        const kept = found.map(({ role, runId, run }) => ({ role, run, tensors: places.get(runId) ?? null }));
        const session = sessionId === present.id ? present : NONE;
        const content = await contentOf(storable(state, []), kept, foundTraces, session);
        autosave.workOn(sessionId);
        return { savedAt: await autosave.write(content, session.path, packOptions(signal)) };
      });
    },

    close: (replacing) =>
      exclusive(async () => {
        await follow(replacing)(null);
        const before = present;
        present = NONE;
        turn += 1;
        await release(before.runs);
      }),

    greetPage: () => autosave.leave(),
  };
}

/** The slices that a file can hold. One that it cannot hold is a bug of its feature, and no reason to lose the others. */
function storable(state: SessionState, warnings: string[]): SessionState {
  const fit = Object.entries(state).filter(([id, slice]) => {
    try {
      formatJson(slice, id);
    } catch {
      warnings.push(`The part “${id}” of the session is not in the file: it holds what a file cannot hold.`);
      return false;
    }
    const misfits = readState({ [id]: slice }).warnings;
    warnings.push(...misfits.map((misfit) => `A part of the session will be missing when it is opened. ${misfit}`));
    return true;
  });
  return Object.fromEntries(fit);
}

function isAmong(runs: SaveRequest['runs'], runId: string): boolean {
  return runs.some(({ choice }) => choice.runId === runId);
}

function alreadyThere(path: string): AppError {
  return new AppError('not-allowed', `${basename(path)} exists already.`, {
    hint: 'Replace it, or choose another name.',
    details: { exists: true },
  });
}

function newId(): string {
  return randomBytes(6).toString('hex');
}

const quiet: CallContext = { signal: new AbortController().signal, progress: () => undefined };

async function fileAt(path: string) {
  const { size, mtime } = await stat(path);
  return { path, name: basename(path), bytes: size, savedAt: mtime.toISOString() };
}
