/** A parameter of a method as its form shows it: what a run would take where nothing is given. Pure. */
import type { Budget, MethodInfo, MethodParameter, MethodResolution } from '../../shared/model/method.ts';
import { scaledDefault, type MethodSizes } from '../../shared/model/method-parameters.ts';
import { formatCount } from '../../shared/view/format.ts';
import type { FormParameter } from '../scores/ParameterForm.tsx';

interface FormOf {
  readonly info: Pick<MethodInfo, 'budget'>;
  readonly sizes: MethodSizes;
  /** Empty: the published one. */
  readonly budgets: readonly Budget[];
  /** As the engine resolves them, one a budget; empty where it has not told. */
  readonly each: readonly MethodResolution[];
}

export function scaledParameter(parameter: MethodParameter, { info, sizes, budgets, each }: FormOf): FormParameter {
  const { id, meaning, source, choices, default: published } = parameter;
  const found = each.flatMap(({ resolved }) => (resolved && resolved.origins[id] !== 'given' ? resolved : []));
  const values = [...new Set(found.map(({ parameters }) => parameters[id]!))];
  const isSet = parameter.fromBudget === true && (budgets.length > 0 || typeof info.budget?.default === 'number');
  const isOfBudget = values.length > 0 ? found.some(({ origins }) => origins[id] === 'budget') : isSet;
  if (values.length === 0 && !isSet) values.push(scaledDefault(parameter, sizes));
  const written = choices?.[published] ?? plain(published);
  const here = values.length > 0 ? `, here ${values.map(plain).join(', ')}` : '';
  const isPublished = values.length === 1 && values[0] === published;
  const parts = [
    meaning,
    isPublished ? 'Default as published.' : `Published ${written}${here}${isOfBudget ? ', set by the budget' : ''}.`,
    `Source: ${source}.`,
  ];
  const shown =
    values.length > 1 ? `${plain(Math.min(...values))}–${plain(Math.max(...values))}` : isOfBudget ? 'by budget' : '';
  return {
    ...parameter,
    meaning: parts.join(' '),
    default: values.length === 1 ? values[0]! : null,
    ...(values.length !== 1 && { shown }),
  };
}

function plain(value: number): string {
  return Number.isInteger(value) ? formatCount(value) : String(value);
}
