/** The streaming mask that heads are held against: a few first keys and a window, scaled to the prompt. */
import type { ScoreParameter, ScoreParameters } from '../../shared/model/score.ts';
import type { StreamingRequest } from './layer-pass.ts';
import type { PromptSize } from './parameters.ts';
import { needsTokens, type ScoreContext } from './score.ts';

/** As DuoAttention runs streaming heads: 64 sinks and 256 recent keys say nothing of shorter prompts. */
const LONG_PROMPT = 400;
const SINK = 64;
const WINDOW = 256;
const SHORT_SINK = 4;
const SHORT_SHARE = 8;

export const STREAMING_PARAMETERS: readonly ScoreParameter[] = [
  {
    id: 'sink',
    name: 'Sink keys',
    meaning: `First keys that stay visible. By default ${SINK}, in prompts of fewer than ${LONG_PROMPT} tokens ${SHORT_SINK}.`,
    default: null,
    min: 0,
    max: 1e6,
    integer: true,
  },
  {
    id: 'window',
    name: 'Window',
    meaning: `Last keys that stay visible, the query’s own included. By default ${WINDOW}, in prompts of fewer than ${LONG_PROMPT} tokens an ${SHORT_SHARE}th of them.`,
    default: null,
    min: 1,
    max: 1e6,
    integer: true,
  },
];

export function streamingDefaults({ capture: { tokens } }: PromptSize): ScoreParameters {
  if (tokens >= LONG_PROMPT) return { sink: SINK, window: WINDOW };
  return { sink: SHORT_SINK, window: Math.max(1, Math.round(tokens / SHORT_SHARE)) };
}

/** Earlier rows see all that the mask leaves. */
export function firstStreamingRow(parameters: ScoreParameters): number {
  return parameters['sink']! + parameters['window']!;
}

export function needsHiddenKeys(context: Pick<ScoreContext, 'capture'>, parameters: ScoreParameters): string | null {
  return needsTokens(context, firstStreamingRow(parameters) + 1);
}

export function streamingRequest(parameters: ScoreParameters, space: StreamingRequest['space']): StreamingRequest {
  return { sink: parameters['sink']!, window: parameters['window']!, space };
}
