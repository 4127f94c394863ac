/** TransformerLens hook names: which are known, and how a request for them is read. */
import { AppError } from '../../shared/base/app-error.ts';

export const LAYER_HOOKS = [
  'hook_resid_pre',
  'hook_resid_mid',
  'hook_resid_post',
  'attn.hook_q',
  'attn.hook_k',
  'attn.hook_v',
  'attn.hook_rot_q',
  'attn.hook_rot_k',
  'attn.hook_attn_scores',
  'attn.hook_pattern',
  'attn.hook_z',
  'attn.hook_result',
] as const;
export type LayerHook = (typeof LAYER_HOOKS)[number];

export const GLOBAL_HOOKS = ['ln_final.hook_normalized', 'logits'] as const;
export type GlobalHook = (typeof GLOBAL_HOOKS)[number];

export type HookRequest =
  | { readonly name: string; readonly hook: LayerHook; readonly layer: number }
  | { readonly name: string; readonly hook: GlobalHook };

/** What is written when no hook is named. */
export const DEFAULT_HOOKS: readonly string[] = [
  'hook_resid_pre',
  'attn.hook_rot_q',
  'attn.hook_rot_k',
  'attn.hook_v',
  'attn.hook_z',
];

/**
 * Expands names into single hooks: `blocks.3.attn.hook_q` is one, `blocks.*.attn.hook_q`, `attn.hook_q` and `hook_q`
 * are one for each layer. Throws `bad-request` for anything else.
 */
export function expandHooks(names: readonly string[], layers: number): HookRequest[] {
  const requests = new Map<string, HookRequest>();
  for (const name of names.length === 0 ? DEFAULT_HOOKS : names) {
    for (const request of expandHook(name.trim(), layers)) requests.set(request.name, request);
  }
  return [...requests.values()];
}

function expandHook(name: string, layers: number): HookRequest[] {
  const global = GLOBAL_HOOKS.find((hook) => hook === name);
  if (global !== undefined) return [{ name, hook: global }];
  const match = /^(?:blocks\.(\*|\d+)\.)?(?:attn\.)?(hook_[a-z_]+)$/.exec(name);
  const hook = LAYER_HOOKS.find((known) => known === match?.[2] || known === `attn.${match?.[2] ?? ''}`);
  if (match === null || hook === undefined) {
    throw new AppError('bad-request', `There is no hook “${name}”.`, {
      hint: `Known are ${LAYER_HOOKS.map((known) => `blocks.{layer}.${known}`).join(', ')}, ${GLOBAL_HOOKS.join(', ')}.`,
    });
  }
  const only = match[1] === undefined || match[1] === '*' ? undefined : Number(match[1]);
  if (only !== undefined && only >= layers) {
    throw new AppError('bad-request', `There is no layer ${only}; this model has layers 0 to ${layers - 1}.`);
  }
  const wanted = only === undefined ? Array.from({ length: layers }, (_, layer) => layer) : [only];
  return wanted.map((layer) => ({ name: `blocks.${layer}.${hook}`, hook, layer }));
}
