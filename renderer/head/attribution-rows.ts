/** A logit taken apart, as the page of one head shows it. Pure. */
import type { Attribution } from '../../shared/model/attribution.ts';
import { formatHead, type HeadId } from '../../shared/model/head-id.ts';
import { plural } from '../../shared/view/format.ts';
import { rankOf } from './rank-of.ts';

export interface AttributionRow {
  readonly name: string;
  readonly value: number;
  readonly note: string | undefined;
}

export interface AttributionRows {
  /** They sum to `sum`. */
  readonly rows: readonly AttributionRow[];
  /** Magnitude of the largest row. */
  readonly largest: number;
  readonly sum: number;
  readonly logit: number;
}

export function attributionRows(attribution: Attribution, head: HeadId, heads: number): AttributionRows {
  const { attentionBias, mlps, embedding, bias, sum, logit } = attribution;
  const at = head.layer * heads + head.head;
  const total = (values: Float64Array) => values.reduce((all, value) => all + value, 0);
  const own = attribution.heads[at]!;
  const rank = rankOf(attribution.heads, at);
  const attentionBiases = total(attentionBias);
  const rows: AttributionRow[] = [
    {
      name: formatHead(head),
      value: own,
      note: rank === undefined ? undefined : `rank ${rank} of ${attribution.heads.length}`,
    },
    { name: 'other heads', value: total(attribution.heads) - own, note: undefined },
    ...(attentionBiases === 0 ? [] : [{ name: 'biases of attention', value: attentionBiases, note: undefined }]),
    { name: 'MLPs', value: total(mlps), note: plural(mlps.length, 'layer') },
    { name: 'embedding', value: embedding, note: undefined },
    ...(bias === 0 ? [] : [{ name: 'biases at the end', value: bias, note: undefined }]),
  ];
  return { rows, largest: Math.max(...rows.map(({ value }) => Math.abs(value))), sum, logit };
}
