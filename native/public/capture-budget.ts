import { AppError } from '../../shared/base/app-error.ts';

/** The engine option that `HEADSCOPE_CAPTURE_GIB` stands for. Throws `bad-request` for what is no number over 0. */
export function captureBudget(gibibytes: string | undefined): { readonly captureBudgetBytes?: number } {
  if (gibibytes === undefined || gibibytes === '') return {};
  const value = Number(gibibytes);
  if (!(value > 0 && value < 2 ** 20)) {
    throw new AppError('bad-request', `HEADSCOPE_CAPTURE_GIB is “${gibibytes}”, which is no size in GiB.`, {
      hint: 'Set it to a number such as 4, or unset it for 40% of the memory.',
    });
  }
  return { captureBudgetBytes: Math.round(value * 2 ** 30) };
}
