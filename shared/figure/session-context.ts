/** What a session file says of the screen, as a figure begins with it. */
import type { SessionState } from '../session/session-state.ts';
import { promptNameOf } from '../session/prompt-name.ts';
import type { SessionSlice } from '../session/slice.ts';
import { decodeSlice } from '../session/slices/decode.ts';
import { editSlice } from '../session/slices/edit.ts';
import { effectsSlice } from '../session/slices/effects.ts';
import { generationSlice } from '../session/slices/generation.ts';
import { labSlice } from '../session/slices/lab.ts';
import { promptSlice } from '../session/slices/prompt.ts';
import { viewSlice } from '../session/slices/view.ts';
import type { FigureContext } from './default-recipe.ts';

/** What a session calls runs and traces, as the engine knows them. */
export interface SessionNames {
  readonly runs: ReadonlyMap<string, string>;
  readonly traces: ReadonlyMap<string, string>;
}

const NO_NAMES: SessionNames = { runs: new Map(), traces: new Map() };

/** `state`: checked slices, as sessions are opened. What a session does not say is left to the defaults. */
export function sessionContext(state: SessionState, tokens: number, names = NO_NAMES): FigureContext {
  const view = read(state, viewSlice);
  const edit = read(state, editSlice);
  const source = read(state, promptSlice)?.ran?.source;
  const prompt = source && promptNameOf(source.kind === 'ids' ? source.ids : source.text, tokens);
  const folds = edit?.folds.filter(({ of, end }) => of === prompt && end <= tokens) ?? [];
  const run = view?.shown ?? 'clean';
  const effects = read(state, effectsSlice)?.results;
  const generation = read(state, generationSlice);
  const lines = (['clean', 'changed'] as const).flatMap((role) => {
    const line = generation?.[role];
    return line && line.tokens.length > 0 ? [{ run: role, tokens: line.tokens }] : [];
  });
  const compared = edit?.comparison;
  const difference = compared?.difference;
  return {
    head: edit?.head ?? { layer: 0, head: 0 },
    run,
    ...(view
      ? {
          map: {
            value: view.value,
            reducer: view.reducer,
            scale: view.scale,
            gamma: view.gamma,
            sinkMode: view.sinkMode,
            sinks: view.sinkRule,
            sinkKeys: view.sinkKeys.slice(0, 4),
            folds: folds.map(({ start, end, name }) => ({ start, end, name })),
          },
          colour: view.stripColour,
          sinks: { threshold: view.sinkThreshold, position: edit?.pinnedToken ?? null },
          ...(view.scoreId === null ? {} : { score: view.scoreId }),
        }
      : {}),
    ...(edit && edit.pinnedToken !== null && edit.pinnedToken < tokens ? { token: edit.pinnedToken } : {}),
    ...(compared
      ? {
          compared: [
            ...compared.heads.map((head) => ({ run, head, minus: null })),
            ...(difference
              ? [
                  difference.minus === 'clean'
                    ? {
                        run: 'changed' as const,
                        head: difference.of,
                        minus: { run: 'clean' as const, head: difference.of },
                      }
                    : { run, head: difference.of, minus: { run, head: difference.minus } },
                ]
              : []),
          ],
        }
      : {}),
    ...(effects ? { effects } : {}),
    ...(state['lab'] || state['decode'] ? { lab: labContext(state, names) } : {}),
    ...(lines.length > 0 ? { generation: lines } : {}),
  };
}

function labContext(state: SessionState, { runs, traces }: SessionNames): NonNullable<FigureContext['lab']> {
  const lab = read(state, labSlice);
  const decode = read(state, decodeSlice)?.result;
  const named = <T extends { readonly trace: string | null }>(of: T): T => ({
    ...of,
    trace: of.trace && (traces.get(of.trace) ?? of.trace),
  });
  const { measure, cost, logCost: log } = lab?.settings ?? {};
  return {
    ...(lab?.result
      ? {
          result: {
            ...lab.result,
            runId: runs.get(lab.result.runId) ?? lab.result.runId,
            rows: lab.result.rows.map((row) => ({ ...row, result: row.result && named(row.result) })),
          },
          row: lab.row,
          query: lab.query,
          ...(lab.maps.length > 0 ? { maps: lab.maps } : {}),
        }
      : {}),
    ...(lab?.taskResult ? { task: lab.taskResult } : {}),
    ...(decode ? { decode: { ...decode, method: named(decode.method), dense: named(decode.dense) } } : {}),
    ...(measure && cost ? { plot: { measure, cost, log: log ?? false } } : {}),
  };
}

function read<Data>(state: SessionState, { id, schema }: SessionSlice<Data>): Data | undefined {
  const parsed = schema.safeParse(state[id]?.data);
  return parsed.success ? parsed.data : undefined;
}
