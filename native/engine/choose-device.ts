/** Chooses the execution provider. A provider is trusted only after it gave the CPU's numbers. */
import type { Device, DeviceReport } from '../../shared/model/device.ts';

/** What `auto` tries, by platform. */
const PREFERRED: Readonly<Record<string, readonly string[]>> = {
  linux: ['cuda', 'webgpu'],
  win32: ['dml', 'webgpu'],
  darwin: ['coreml', 'webgpu'],
};

/** Largest difference from the CPU, relative to the largest number; float32 on a GPU stays below a tenth of it. */
const PARITY_LIMIT = 1e-3;

const LONGEST_REASON = 120;

export interface DeviceChoice<T> {
  readonly report: DeviceReport;
  /** What the attempt made; undefined = CPU. */
  readonly made: T | undefined;
}

/** `attempt`: makes everything on a provider and tests it; its rejection is the reason why not. */
export async function chooseDevice<T>(
  requested: Device,
  supported: readonly string[],
  attempt: (provider: string) => Promise<T>,
  platform: string = process.platform,
): Promise<DeviceChoice<T>> {
  const refused: { provider: string; reason: string }[] = [];
  const preferred = (PREFERRED[platform] ?? []).filter((provider) => supported.includes(provider));
  const candidates = requested === 'auto' ? preferred : requested === 'cpu' ? [] : [requested];
  for (const provider of candidates) {
    if (!supported.includes(provider)) {
      refused.push({ provider, reason: 'this build of ONNX Runtime does not have it' });
      continue;
    }
    try {
      const made = await attempt(provider);
      return { report: { requested, provider, refused }, made };
    } catch (error) {
      refused.push({ provider, reason: shortReason(error) });
    }
  }
  return { report: { requested, provider: 'cpu', refused }, made: undefined };
}

/** ONNX Runtime begins with the place in its source; what happened stands at the end. */
function shortReason(error: unknown): string {
  const text = (error instanceof Error ? error.message : String(error)).split('\n')[0]!.replace(/\.$/, '');
  return text.length <= LONGEST_REASON ? text : `… ${text.slice(-LONGEST_REASON).replace(/^\S*\s/, '')}`;
}

/** Throws where the numbers of a provider are not those of the CPU. */
export function checkParity(name: string, actual: Float32Array, expected: Float32Array): void {
  const largest = expected.reduce((top, value) => Math.max(top, Math.abs(value)), 0);
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i]! - expected[i]!);
    worst = Number.isNaN(error) ? Infinity : Math.max(worst, error);
  }
  const relative = worst / Math.max(largest, Number.MIN_VALUE);
  if (relative <= PARITY_LIMIT) return;
  throw new Error(
    `its ${name} differs from the CPU's by ${relative.toPrecision(2)} of the largest, more than ${PARITY_LIMIT}`,
  );
}
