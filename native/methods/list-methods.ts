import type { MethodInfo } from '../../shared/model/method.ts';
import { methods } from './index.ts';

/** What there is, for forms, the command line and the documentation. */
export function listMethods(): readonly MethodInfo[] {
  return methods.map(({ info }) => info);
}
