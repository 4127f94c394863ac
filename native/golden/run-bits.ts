/** Everything that a run gives, for comparing two runs to the bit. */
import type { FinalNorm, Intervention } from '../../shared/model/intervention.ts';
import type { EngineUnderTest } from './engine-tensors.ts';

/** Arrays by name: hooks of every layer, `blocks.L.lse`, logits, likelihoods. */
export type RunBits = ReadonlyMap<string, Float32Array>;

const HOOKS = ['rot_q', 'rot_k', 'v', 'z'].map((name) => `attn.hook_${name}`);

/** Runs, reads and lets go. */
export async function runBits(
  engine: EngineUnderTest,
  ids: Int32Array,
  list: readonly Intervention[] = [],
  finalNorm?: FinalNorm,
): Promise<RunBits> {
  const { runId, nll } = await engine.run(ids, list, finalNorm);
  const tensors = await engine.tensors(runId, [...HOOKS, 'hook_resid_pre', 'hook_resid_post', 'logits']);
  const lse = await engine.logSumExps(runId);
  await engine.release(runId);
  return new Map([...tensors, ...lse.map((values, layer) => [`blocks.${layer}.lse`, values] as const), ['nll', nll]]);
}

/** Names of the arrays of which `keep` says so whose bits differ. */
export function differing(a: RunBits, b: RunBits, keep: (name: string) => boolean = () => true): string[] {
  const bytes = ({ buffer, byteOffset, byteLength }: Float32Array): Buffer =>
    Buffer.from(buffer, byteOffset, byteLength);
  return [...a]
    .filter(([name, values]) => keep(name) && !bytes(values).equals(bytes(b.get(name)!)))
    .map(([name]) => name);
}
