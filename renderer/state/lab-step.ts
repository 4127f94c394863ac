/** What one step changed in the lab's settings, there and back. Pure. */
import type { LabSettings, LabState, PromptSettings } from './lab-state.ts';

/** Settings that mean something for one prompt alone. */
const OF_PROMPT: readonly string[] = [
  'questionStart',
  'answer',
  'answerFrom',
] satisfies (keyof PromptSettings['settings'])[];

/** Only what the step changed: the axes of a plot, which are no steps, stay as they are when it is taken back. */
export interface LabStep {
  /** `promptName` of the prompt that was on screen. */
  readonly of: string | undefined;
  readonly before: Partial<LabSettings>;
  readonly after: Partial<LabSettings>;
}

/** Undefined where the change changes nothing. */
export function labStep(
  settings: LabSettings,
  change: Partial<LabSettings>,
  of: string | undefined,
): LabStep | undefined {
  const keys = (Object.keys(change) as (keyof LabSettings)[]).filter(
    (key) => JSON.stringify(change[key]) !== JSON.stringify(settings[key]),
  );
  if (keys.length === 0) return undefined;
  const only = (from: Partial<LabSettings>): Partial<LabSettings> =>
    Object.fromEntries(keys.map((key) => [key, from[key]]));
  return { of, before: only(settings), after: only(change) };
}

/** Two steps in a row as one. */
export function joinedSteps(first: LabStep, second: LabStep): LabStep {
  return {
    of: second.of,
    before: { ...second.before, ...first.before },
    after: { ...first.after, ...second.after },
  };
}

/** The settings on the other side of a step; what is of a prompt only where they are of that prompt. */
function acrossStep(
  settings: LabSettings,
  { of, before, after }: LabStep,
  way: 'back' | 'forth',
  prompt: string | undefined,
): LabSettings {
  const side = Object.entries(way === 'back' ? before : after);
  const known = side.filter(([key]) => of === prompt || !OF_PROMPT.includes(key));
  return { ...settings, ...Object.fromEntries(known) };
}

/** What is set for the prompt that the editor was given last, which may still have to run. `shown`: the one on screen. */
export function promptSettings({ settings, waiting }: LabState, shown: string | undefined): PromptSettings {
  return waiting ?? { of: shown, settings: ofPrompt(settings) };
}

function ofPrompt({ questionStart, answer, answerFrom }: LabSettings): PromptSettings['settings'] {
  return { questionStart, answer, answerFrom };
}

/**
 * The lab after undo or redo. `left`: what had been set for the prompt that comes back with it; that waits until the
 * prompt is on screen, so that none is compared with the answer of another.
 */
export function travelledLab(
  lab: LabState,
  step: LabStep | undefined,
  way: 'back' | 'forth',
  left: PromptSettings | undefined,
  shown: string | undefined,
): LabState {
  const { of, settings: own } = left ?? promptSettings(lab, shown);
  const before = { ...lab.settings, ...own };
  const settings = step ? acrossStep(before, step, way, of) : before;
  const cancelled = step ? undefined : lab.cancelled;
  if (of === shown) return { ...lab, settings, cancelled, waiting: undefined };
  const waiting = { of, settings: ofPrompt(settings) };
  return { ...lab, settings: { ...settings, ...ofPrompt(lab.settings) }, cancelled, waiting };
}

/** The lab once another prompt is on screen: with what waited for it, else without what was of the one before. */
export function labOfPrompt(lab: LabState, shown: string | undefined): LabState {
  const { settings, waiting } = lab;
  const { questionStart, answerFrom } = settings;
  if (waiting && waiting.of === shown) {
    return { ...lab, settings: { ...settings, ...waiting.settings }, waiting: undefined, cancelled: undefined };
  }
  if (!waiting && questionStart === null && answerFrom === 'typed') return lab;
  const none = answerFrom === 'typed' ? {} : { answer: '', answerFrom: 'typed' as const };
  return { ...lab, settings: { ...settings, questionStart: null, ...none }, waiting: undefined, cancelled: undefined };
}
