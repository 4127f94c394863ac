import { alignInSteps } from '../../../shared/model/align.ts';
import type { Alignment } from '../../../shared/model/effect.ts';
import { choiceParameter } from '../../../shared/model/intervention.ts';
import type { LayerCapture } from '../../capture/capture.ts';
import { rowTurner } from '../../families/turn-rope.ts';
import type { HeadStep, RowEdit } from '../layer-edit.ts';
import type { KindEffect } from '../kind-effect.ts';
import { copyColumns, editRows, headColumns } from '../row-edits.ts';

/** Queries and keys are turned to the position where they are put, so that what is taken over is what they say. */
export const patch: KindEffect = ({ entry, layer, heads, kvHeads, rows }, { ids, model }, prompts) => {
  const [other] = prompts!;
  const what = choiceParameter(entry, 'what');
  let donor: LayerCapture;
  let partners: Int32Array;
  const partner = (position: number) => partners[position];
  const { headDim } = model;
  const ofHeads = headColumns(heads, model.heads, headDim);
  const ofGroups = headColumns(kvHeads, model.kvHeads, headDim);
  const turned = (of: 'q' | 'k'): RowEdit => {
    const turn = rowTurner(model.rope, headDim, other!.length, ids.length);
    const columns = of === 'q' ? ofHeads : ofGroups;
    return (values, start, breathe) => {
      const given = donor[of];
      return editRows(columns, rows, (into, at, { width, from, count }, position) => {
        const row = partner(position) ?? -1;
        if (row < 0) return;
        const givenAt = row * width + from;
        turn(given.subarray(givenAt, givenAt + count), row, position, into.subarray(at, at + count));
      })(values, start, breathe);
    };
  };
  return {
    prompts: [other!],
    read: async ({ layers }, _, breathe) => {
      donor = layers[layer]!;
      const steps = alignInSteps(ids, other!, choiceParameter(entry, 'align') as Alignment);
      let step = steps.next();
      while (step.done !== true) {
        await breathe();
        step = steps.next();
      }
      partners = step.value;
    },
    parts: () => {
      if (what === 'z') return { output: copyColumns(ofHeads, rows, () => donor.z, partner) };
      if (what === 'v') return { inputs: [{ which: 'v', edit: copyColumns(ofGroups, rows, () => donor.v, partner) }] };
      if (what === 'q' || what === 'k') return { inputs: [{ which: what, edit: turned(what) }] };
      const isSame = other!.length >= ids.length && partners.every((to, from) => to === from);
      const queries = () => donor.q;
      const keys = () => donor.k;
      const taken = { queries, keys, tokens: other!.length, partners: isSame ? null : partners };
      const step: HeadStep = { kind: 'donor', rows, donor: taken };
      return { steps: () => [step] };
    },
  };
};
