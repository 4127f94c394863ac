/** Several long computations at once, so that one's calls into ONNX Runtime fill the gaps of another's. */

/**
 * Calls `work` with 0 to `count` - 1 in order, at most `lanes` of them at a time. Where one fails no other begins, and
 * those that are under way have ended before its error is thrown.
 */
export async function inLanes(count: number, lanes: number, work: (at: number) => Promise<void>): Promise<void> {
  let next = 0;
  const failures: unknown[] = [];
  const lane = async (): Promise<void> => {
    while (next < count && failures.length === 0) {
      const at = next++;
      try {
        await work(at);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(lanes, count) }, lane));
  if (failures.length > 0) throw failures[0];
}
