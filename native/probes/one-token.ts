import { startIds } from '../tasks/task.ts';
import { usableIds } from '../tasks/usable-ids.ts';
import { LENGTH_PARAMETER, lengthOfPrompt, plainSample, type Probe } from './probe.ts';

export const oneToken: Probe = {
  info: {
    id: 'one-token',
    name: 'One token, repeated',
    description:
      'One random token all along. A control for sinks: where positions are only told by rotation and there is no BOS, every key is the same and the sink goes away (Gu et al. 2024, arXiv 2410.10781, Table 1).',
    parameters: [LENGTH_PARAMETER],
  },
  data: ['text'],
  unavailable: (context) => (usableIds(context).length > 0 ? null : 'The vocabulary has no ordinary token.'),
  make(context, parameters, prng) {
    const start = startIds(context);
    const usable = usableIds(context);
    const id = usable[prng.integer(usable.length)]!;
    const count = lengthOfPrompt(context, parameters) - start.length;
    return plainSample([...start, ...new Array<number>(count).fill(id)]);
  },
};
