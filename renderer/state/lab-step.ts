/** What one step changed in the lab's settings, there and back. Pure. */
import type { LabSettings } from './lab-state.ts';

/** Settings that mean something for one prompt alone. */
const OF_PROMPT: readonly string[] = ['questionStart', 'answer', 'answerFrom'] satisfies (keyof LabSettings)[];

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

/** The settings on the other side of a step; what is of a prompt only where that prompt is the one on screen. */
export function acrossStep(
  settings: LabSettings,
  { of, before, after }: LabStep,
  way: 'back' | 'forth',
  prompt: string | undefined,
): LabSettings {
  const side = Object.entries(way === 'back' ? before : after);
  const known = side.filter(([key]) => of === prompt || !OF_PROMPT.includes(key));
  return { ...settings, ...Object.fromEntries(known) };
}
