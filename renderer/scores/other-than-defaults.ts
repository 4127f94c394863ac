/** What differs from defaults that never change: with the rest, the same numbers would be computed twice. */
import type { FormParameter } from './ParameterForm.tsx';

export function otherThanDefaults(
  values: Readonly<Record<string, number>>,
  parameters: readonly Pick<FormParameter, 'id' | 'default'>[],
): Readonly<Record<string, number>> {
  const isDefault = ([id, value]: readonly [string, number]) =>
    parameters.some((parameter) => parameter.id === id && parameter.default === value);
  return Object.fromEntries(Object.entries(values).filter((entry) => !isDefault(entry)));
}
