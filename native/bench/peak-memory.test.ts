import { describe, expect, it } from 'vitest';
import { peakMemoryKnown, statusBytes, watchPeakMemory } from './peak-memory.ts';

describe('statusBytes', () => {
  const status = 'Name:\tnode\nVmPeak:\t 9999 kB\nVmHWM:\t   2048 kB\nVmRSS:\t   1024 kB\n';
  it('reads a field in bytes', () => expect(statusBytes(status, 'VmHWM')).toBe(2 * 2 ** 20));
  it('is null where the field is missing', () => expect(statusBytes('', 'VmHWM')).toBeNull());
});

describe.runIf(peakMemoryKnown())('watchPeakMemory', () => {
  it('tells what was touched meanwhile, also when it is gone', () => {
    const peak = watchPeakMemory();
    const bytes = 64 * 2 ** 20;
    expect(new Uint8Array(bytes).fill(1).at(-1)).toBe(1);
    expect(peak()).toBeGreaterThan(0.9 * bytes);
  });
});
