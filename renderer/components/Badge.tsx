import type { Badge as BadgeName } from '../../shared/model/badge.ts';

const MEANING: Readonly<Record<BadgeName, string>> = {
  exact: 'Computed from float32 captures without approximation.',
  'fp16 capture': 'Computed from captures that were stored in half precision.',
  '8-bit': 'Read off the map that the session file keeps: within 4% of the value, or 1/508 of a linear scale.',
  binned: 'Computed from a histogram, so it is as fine as its bins.',
  sampled: 'Computed from a sample of the rows.',
  'teacher-forced': 'The text was given, not generated.',
  'layer-local': 'Only this layer was changed; the rest saw the clean run.',
  propagated: 'The change went through all later layers.',
  generated: 'The model wrote its own tokens, which may differ.',
  proxy: 'Stands in for a quantity that is not available.',
  oracle: 'Uses knowledge that a real method would not have.',
  emulated: 'Computed in another way than the original.',
  imported: 'Read from a file that others wrote; nothing of it was computed here.',
};

/** How the number beside it came about. */
export function Badge({ badge }: { readonly badge: BadgeName }) {
  return (
    <span className="hs-badge" title={MEANING[badge]}>
      {badge}
    </span>
  );
}
