/** What a result was made with that is set otherwise by now. Pure. */
import type { Fidelity } from '../../shared/model/method-result.ts';
import type { MethodChoice, QuestionView } from '../../shared/model/method-task.ts';
import { seriesKey } from '../../shared/view/lab/series.ts';

export interface MadeWith {
  readonly choices: readonly MethodChoice[];
  readonly questions: readonly QuestionView[];
  readonly fidelity: Fidelity;
}

/** `budgets`, `methods and fidelity`; undefined where nothing is otherwise. */
export function otherSettings(made: MadeWith, now: MadeWith): string | undefined {
  const [before, after] = [budgetsByMethod(made), budgetsByMethod(now)];
  const common = [...before.keys()].filter((key) => after.has(key));
  const words = [
    ...(common.length < before.size || common.length < after.size ? ['methods'] : []),
    ...(common.some((key) => !isSame(before.get(key)!, after.get(key)!)) ? ['budgets'] : []),
    ...(isSame(new Set(made.questions), new Set(now.questions)) ? [] : ['views of the question']),
    ...(made.fidelity === now.fidelity ? [] : ['fidelity']),
  ];
  const last = words.pop();
  return words.length === 0 ? last : `${words.join(', ')} and ${last}`;
}

/** Budgets as text, by method and parameters. */
function budgetsByMethod({ choices }: MadeWith): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  for (const choice of choices) {
    const key = seriesKey(choice);
    found.set(key, (found.get(key) ?? new Set<string>()).add(JSON.stringify(choice.budget)));
  }
  return found;
}

function isSame(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((each) => other.has(each));
}
