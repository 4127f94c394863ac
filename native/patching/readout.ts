/** Which logits tell how well a patch works, and what both runs say of them. */
import { AppError } from '../../shared/base/app-error.ts';
import type { EffectTarget } from '../../shared/model/effect.ts';

export interface ReadPositions {
  readonly receiver: number;
  readonly donor: number;
}

/**
 * Where the two runs are read: the asked position of the run that is patched and its partner, by default the last of
 * each. Throws `bad-request` where there is none.
 */
export function readPositions(
  target: Pick<EffectTarget, 'position'>,
  partners: Int32Array,
  donorTokens: number,
): ReadPositions {
  const last = partners.length - 1;
  if (target.position === null) return { receiver: last, donor: donorTokens - 1 };
  if (target.position > last) {
    throw new AppError('bad-request', `There is no position ${target.position}.`, {
      hint: `The prompt that is patched has positions 0 to ${last}.`,
    });
  }
  const donor = partners[target.position]!;
  if (donor === -1) {
    throw new AppError('bad-request', `Position ${target.position} has no partner in the other prompt.`, {
      hint: 'Read a position that is aligned, or the last one.',
    });
  }
  return { receiver: target.position, donor };
}

/**
 * The token and the one that it is compared with; where not given, the likeliest of the clean run and the likeliest other
 * one of the corrupted run, or the clean run's second where both runs say the same. Logits are [vocab]. Throws
 * `token-out-of-range`, and `bad-request` for a token that is compared with itself.
 */
export function comparedTokens(
  { token, against }: Pick<EffectTarget, 'token' | 'against'>,
  clean: Float32Array,
  corrupted: Float32Array,
): { readonly token: number; readonly against: number } {
  const vocab = clean.length;
  for (const id of [token, against]) {
    if (id === null || id < vocab) continue;
    throw new AppError('token-out-of-range', `Token id ${id} is outside the vocabulary of ${vocab}.`, {
      hint: `Use ids from 0 to ${vocab - 1}.`,
    });
  }
  if (token !== null && token === against) {
    throw new AppError('bad-request', `Token ${token} is compared with itself.`, {
      hint: 'Choose two different tokens, or leave one out.',
    });
  }
  const first = token ?? likeliest(clean, against);
  if (against !== null) return { token: first, against };
  const other = likeliest(corrupted, null);
  return { token: first, against: other === first ? likeliest(clean, first) : other };
}

/** But for one. */
function likeliest(logits: Float32Array, except: number | null): number {
  let best = -1;
  for (let id = 0; id < logits.length; id++) {
    if (id !== except && (best === -1 || logits[id]! > logits[best]!)) best = id;
  }
  return best;
}

/** (patched - corrupted) / (clean - corrupted): 0 = as the corrupted run, 1 = as the clean one. NaN where these are equal. */
export function recoveryOf(
  patched: number,
  { clean, corrupted }: { readonly clean: number; readonly corrupted: number },
): number {
  return clean === corrupted ? NaN : (patched - corrupted) / (clean - corrupted);
}
