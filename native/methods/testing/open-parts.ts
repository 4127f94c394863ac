/** A model folder opened with what methods are measured with, without an engine around it. */
import { createKernel } from '../../attention/choose-kernel.ts';
import { SegmentSessions } from '../../forward/segment-sessions.ts';
import { openModel, type OpenModel } from '../../model/open-model.ts';
import { OutputNorms } from '../../scores/output-norms.ts';
import { ADDON } from '../../testing/open-forward.ts';
import { Circuits } from '../../weights/circuits.ts';
import type { PropagatedParts } from '../run-propagated.ts';

export interface OpenedParts extends Omit<PropagatedParts, 'capture'> {
  readonly open: OpenModel;
  dispose(): Promise<void>;
}

export async function openParts(folder: string): Promise<OpenedParts> {
  const open = await openModel({ folder, source: 'folder' });
  const { architecture, weights, weightsFolder, info } = open;
  const sessions = new SegmentSessions({
    architecture,
    weights,
    weightsFolder,
    parameters: info.parameters,
    threads: 1,
  });
  const kernel = await createKernel(ADDON, architecture, 1);
  const circuits = new Circuits(open, 1);
  const output = async (layer: number) => (await circuits.output(layer)).weight;
  const norms = new OutputNorms(architecture, output, 1);
  return {
    ...{ open, architecture, sessions, kernel, norms },
    async dispose() {
      await sessions.dispose();
      await kernel.dispose();
      await norms.dispose();
      await circuits.dispose();
    },
  };
}
