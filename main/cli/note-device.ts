import type { ModelInfo } from '../../shared/model/model-info.ts';
import type { Console } from './console.ts';

/** Says where it computes, wherever that was asked for, and why not where it was asked to. */
export function noteDevice(console: Console, { device }: ModelInfo): void {
  if (device === undefined || device.requested === 'cpu') return;
  for (const { provider, reason } of device.refused) console.note(`Not on ${provider}: ${reason}.`);
  console.note(`Computing on ${device.provider}.`);
}

export function providerOf({ device }: ModelInfo): string {
  return device?.provider ?? 'cpu';
}
