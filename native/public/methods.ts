/** The public face of sparse methods on arrays, apart from the engine's, which they do not need. */
import type { MethodInfo } from '../../shared/model/method.ts';
import { methods } from '../methods/index.ts';

export { selectFile, type SelectedFile } from '../methods/select-file.ts';

export function listMethods(): readonly MethodInfo[] {
  return methods.map(({ info }) => info);
}
