import type { Budget, MethodInfo, MethodParameters, MethodResolution } from '../../shared/model/method.ts';
import type { MethodSizes } from '../../shared/model/method-parameters.ts';
import { resolvedKeysText } from '../../shared/view/lab/row-budget.ts';
import { formatCount } from '../../shared/view/format.ts';
import { ParameterForm } from '../scores/ParameterForm.tsx';
import { scaledParameter } from './scaled-parameter.ts';
import { useResolved } from './use-resolved.ts';

interface MethodParameterFormProps {
  readonly info: MethodInfo;
  readonly sizes: MethodSizes;
  /** Empty: the published one. */
  readonly budgets: readonly Budget[];
  readonly given: MethodParameters;
  readonly onChange: (given: MethodParameters) => void;
}

/** What a method would be run with on this prompt: keys of its budgets, and its parameters to be given. */
export function MethodParameterForm({ info, sizes, budgets, given, onChange }: MethodParameterFormProps) {
  const each = useResolved({
    method: info.id,
    parameters: given,
    budgets: [...budgets],
    promptLength: sizes.promptLength,
  });
  const refusals = each.flatMap(({ refusal }) => refusal ?? []);
  const keys = keysHere(info, budgets, each);
  return (
    <>
      {keys !== '' && <p className="hs-dim hs-small">{keys}</p>}
      {refusals.length > 0 && (
        <p className="hs-lab__double hs-small" role="note">
          {refusals.join(' ')}
        </p>
      )}
      {info.parameters.length > 0 && (
        <ParameterForm
          label={`Parameters of ${info.name}`}
          parameters={info.parameters.map((parameter) => scaledParameter(parameter, { info, sizes, budgets, each }))}
          values={given}
          onChange={onChange}
        />
      )}
    </>
  );
}

function keysHere(
  info: Pick<MethodInfo, 'budget'>,
  budgets: readonly Budget[],
  each: readonly MethodResolution[],
): string {
  const found = each.flatMap(({ resolved }) => (resolved && resolved.budget !== null ? resolved : []));
  if (found.length === 0) return '';
  if (budgets.length === 0) return `Without a budget: ${resolvedKeysText(found[0]!, info)}.`;
  const keys = [...new Set(found.map(({ budget }) => formatCount(budget!)))];
  return `Budgets here: ${keys.join(', ')} ${keys.length === 1 && keys[0] === '1' ? 'key' : 'keys'}.`;
}
