/** A method that is given what it reads of the model beyond one prompt. */
import type { LayerData, Method } from './method.ts';

/** Of one layer. */
export type ModelReading = Pick<LayerData, 'gates' | 'probe'>;

export interface ModelReadings {
  readonly of: (layer: number) => ModelReading;
  /** What they are, in sentences that results tell. */
  readonly notes: readonly string[];
  /** Whether they only stand for what the method asks for. */
  readonly isProxy: boolean;
}

/** The method of these readings, which are all that it needs. */
export function withReadings(method: Method, { of, notes, isProxy }: ModelReadings): Method {
  const { prepare } = method;
  return {
    ...method,
    info: { ...method.info, needs: [], ...(isProxy && { badge: 'proxy' }) },
    given: notes,
    ...(prepare && {
      prepare: (layers, context) => {
        const read = async (layer: number) => ({ ...(await layers.read(layer)), ...of(layer) });
        return prepare({ indices: layers.indices, read }, context);
      },
    }),
    begin: (data, layer, context) => method.begin({ ...data, ...of(layer) }, layer, context),
  };
}
