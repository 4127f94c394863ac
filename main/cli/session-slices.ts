/** What the command line knows of a window: the slices of a session file that was never on a screen. */
import type { Prompt } from '../../shared/contract/methods.ts';
import type { Generation } from '../../shared/model/generation.ts';
import type { HeadId } from '../../shared/model/head-id.ts';
import type { Intervention } from '../../shared/model/intervention.ts';
import type { Sampling } from '../../shared/model/sampling.ts';
import type { SessionState } from '../../shared/session/session-state.ts';
import { editSlice, type EditData } from '../../shared/session/slices/edit.ts';
import { generationSlice, type GenerationData } from '../../shared/session/slices/generation.ts';
import { promptSlice, type PromptData } from '../../shared/session/slices/prompt.ts';

export interface RanPrompt {
  readonly prompt: Prompt;
  readonly cut: boolean;
  readonly interventions: readonly Intervention[];
  /** To be selected; null leaves the choice to the window. */
  readonly head: HeadId | null;
  readonly generated?: GeneratedLines | undefined;
}

export interface GeneratedLines {
  readonly modelId: string;
  readonly maxTokens: number;
  readonly sampling: Sampling;
  readonly clean: Generation;
  /** Under the interventions. */
  readonly changed: Generation | null;
}

export function sessionSlices({ prompt, cut, interventions, head, generated }: RanPrompt): SessionState {
  const source = sourceOf(prompt);
  const edit: EditData = {
    scenarios: [{ id: 's1', name: 'Scenario 1', interventions: [...interventions], finalNorm: 'recomputed' }],
    current: 's1',
    compared: null,
    head,
    pinnedToken: null,
    comparison: null,
    folds: [],
  };
  const editor: PromptData = {
    text: source.kind === 'text' ? source.text : '',
    idsText: source.kind === 'ids' ? source.ids : '',
    bos: source.kind === 'text' && source.bos,
    mode: 'tokens',
    ran: { source, cut },
  };
  return {
    [promptSlice.id]: { version: promptSlice.version, data: editor },
    [editSlice.id]: { version: editSlice.version, data: edit },
    ...(generated
      ? {
          [generationSlice.id]: {
            version: generationSlice.version,
            data: generationData(generated, { source, cut, interventions: [...interventions] }),
          },
        }
      : {}),
  };
}

type Source = NonNullable<PromptData['ran']>['source'];
type Line = NonNullable<GenerationData['clean']>;

function sourceOf(prompt: Prompt): Source {
  return prompt.kind === 'text' ? prompt : { kind: 'ids', ids: Array.from(prompt.ids).join(', ') };
}

function generationData(
  { modelId, maxTokens, sampling, clean, changed }: GeneratedLines,
  ran: { readonly source: Source; readonly cut: boolean; readonly interventions: Intervention[] },
): GenerationData {
  const isSampled = sampling.kind === 'sample';
  const settings = {
    maxTokens,
    choice: sampling.kind,
    temperature: isSampled ? sampling.temperature : 1,
    topK: (isSampled ? sampling.topK : undefined) ?? null,
    topP: (isSampled ? sampling.topP : undefined) ?? null,
    seed: isSampled ? sampling.seed : 0,
    stopAtEnd: true,
  };
  return {
    settings,
    origin: { modelId, ...ran, settings },
    clean: lineOf(clean),
    changed: changed && lineOf(changed),
  };
}

function lineOf({ promptTokens, tokens, text, milliseconds, stopped }: Generation): Line {
  return {
    promptTokens,
    tokens: tokens.map((token) => ({ ...token, top: [...token.top] })),
    text,
    milliseconds,
    end: stopped ?? 'interrupted',
  };
}
