/** Session files in memory, for the fake host: what was saved comes back, its runs as stored ones. */
import { AppError } from '../../shared/base/app-error.ts';
import type { Handlers } from '../../shared/contract/handlers.ts';
import type { MethodName, OpenedSession, ParsedParamsOf, SessionFile } from '../../shared/contract/methods.ts';
import type { ModelInfo } from '../../shared/model/model-info.ts';
import type { RunSummary } from '../../shared/model/run.ts';

type SessionMethod = Extract<MethodName, `session.${string}`>;
type Content = ParsedParamsOf<'session.autosave'>;

interface Saved {
  readonly content: Content;
  readonly summaries: readonly RunSummary[];
  readonly tensors: boolean;
  readonly model: ModelInfo | undefined;
}

export interface FakeSessionsOptions {
  /** The run that the engine holds. */
  readonly find: (runId: string) => RunSummary;
  /** Lets the engine answer for the run under another id. */
  readonly attach: (summary: RunSummary, as: string) => void;
  readonly model: () => ModelInfo | undefined;
}

export interface FakeSessions {
  readonly handlers: Handlers<SessionMethod>;
  readonly saved: Map<string, Saved>;
  readonly autosaves: Content[];
  /** What the next save fails with. */
  failure: AppError | undefined;
}

const SAVED_AT = '2026-11-21T09:00:00.000Z';

export function createFakeSessions({ find, attach, model }: FakeSessionsOptions): FakeSessions {
  const saved = new Map<string, Saved>();
  const autosaves: Content[] = [];
  let open: Saved | undefined;
  let openPath: string | undefined;
  let isRecovered = false;

  const fileOf = (path: string): SessionFile => ({
    path,
    name: path.replace(/.*\//, ''),
    bytes: 120_000,
    savedAt: SAVED_AT,
  });
  const remember = (content: Content, tensors: boolean): Saved => ({
    content,
    summaries: content.runs.map(({ choice }) => find(choice.runId)),
    tensors,
    model: model(),
  });
  const runsOf = ({ content, summaries, tensors }: Saved): OpenedSession['runs'] =>
    content.runs.map(({ role, choice }, at) => {
      const maps = choice.maps.map((map) => ({ ...map, level: 0 }));
      const stored = { tensors, maps, heads: choice.heads };
      const summary = { ...summaries[at]!, runId: `stored-${role}`, stored };
      attach(summary, summary.runId);
      return { role, summary };
    });
  /** Under the names that the engine gives it now. */
  const tracesOf = ({ content }: Saved): OpenedSession['traces'] =>
    content.traces.map(({ name, trace }) => ({ name, trace: `stored-${trace}` }));
  const opened = (from: Saved, path: string | null): OpenedSession => ({
    file: path === null ? null : fileOf(path),
    state: from.content.state,
    model: from.model ?? null,
    runs: runsOf(from),
    traces: tracesOf(from),
    sessionId: 'fake',
    warnings: [],
  });

  const sessions: FakeSessions = {
    saved,
    autosaves,
    failure: undefined,
    handlers: {
      'session.save': async ({ path, replace, tensors, ...content }) => {
        if (sessions.failure) throw sessions.failure;
        if (path !== null && path !== openPath && saved.has(path) && !replace) {
          throw new AppError('not-allowed', `${path} exists already.`, { details: { exists: true } });
        }
        const target = path ?? openPath;
        if (target === undefined) throw new AppError('bad-request', 'This session was never saved.');
        saved.set(target, remember(content, tensors));
        openPath = target;
        return Promise.resolve({ ...fileOf(target), sessionId: 'fake', warnings: [] });
      },
      'session.open': async ({ path }) => {
        const found = saved.get(path);
        if (!found) throw new AppError('session-invalid', `${path} is not a session file.`);
        open = found;
        openPath = path;
        return Promise.resolve(opened(found, path));
      },
      'session.openExample': async ({ id }) =>
        Promise.reject(new AppError('bad-request', `There is no stored session of ${id}.`)),
      'session.attach': async () => {
        if (!open) throw new AppError('bad-request', 'No session is open.');
        return Promise.resolve({ runs: runsOf(open), traces: tracesOf(open) });
      },
      'session.close': async () => {
        open = undefined;
        openPath = undefined;
        return Promise.resolve(null);
      },
      'session.autosave': async (content) => {
        autosaves.push(content);
        return Promise.resolve({ savedAt: SAVED_AT });
      },
      'session.recent': async () => Promise.resolve({ files: [...saved.keys()].map(fileOf) }),
      'session.recoverable': async () =>
        Promise.resolve({
          sessions:
            autosaves.length > 0 && !isRecovered ? [{ id: 'crashed', name: 'Untitled', savedAt: SAVED_AT }] : [],
        }),
      'session.recover': async () => {
        const last = autosaves.at(-1);
        if (!last) throw new AppError('bad-request', 'There is nothing to recover.');
        open = remember(last, false);
        isRecovered = true;
        return Promise.resolve(opened(open, null));
      },
      'session.discard': async () => {
        autosaves.length = 0;
        return Promise.resolve(null);
      },
      'session.browse': async ({ path = '/work' }) =>
        Promise.resolve({ path, parent: null, folders: [], files: [...saved.keys()].map(fileOf) }),
      'session.pickFile': async () =>
        Promise.reject(new AppError('not-allowed', 'The browser has no file dialog of the system.')),
    },
  };
  return sessions;
}
