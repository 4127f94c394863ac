/** The largest resident size of this process, from the kernel's own count. */
import { readFileSync, writeFileSync } from 'node:fs';

const STATUS = '/proc/self/status';

/**
 * Starts to watch: the result tells the bytes by which the peak (VmHWM) has come to exceed what was resident (VmRSS) at
 * the start; null where there is no /proc. Pages of mapped weights count once they are touched.
 */
export function watchPeakMemory(): () => number | null {
  resetPeak();
  const before = statusBytes(readStatus(), 'VmRSS');
  return () => {
    const peak = statusBytes(readStatus(), 'VmHWM');
    return before === null || peak === null ? null : peak - before;
  };
}

/** Of a text such as `VmRSS:   1234 kB`. */
export function statusBytes(status: string, field: string): number | null {
  const match = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status);
  return match === null ? null : Number(match[1]) * 1024;
}

export function peakMemoryKnown(): boolean {
  return statusBytes(readStatus(), 'VmHWM') !== null;
}

function readStatus(): string {
  try {
    return readFileSync(STATUS, 'utf8');
  } catch {
    return '';
  }
}

/** Takes the peak back to the present size. Where that is not allowed, a higher peak from before stays. */
function resetPeak(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Opening the model takes less than any run does, so its peak is passed anyway.
  }
}
