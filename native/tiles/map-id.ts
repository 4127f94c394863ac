import type { MapOf } from './texels.ts';

const captureIds = new WeakMap<object, number>();
let nextCaptureId = 0;

/** Equal for equal maps, whatever keys are left out of them; captures are told apart by identity. */
export function mapId({ capture, layer, head, lse }: MapOf): string {
  const id = captureIds.get(capture) ?? nextCaptureId++;
  captureIds.set(capture, id);
  return `${id}/${layer}/${head}${lse === undefined ? '' : '/rest'}`;
}
