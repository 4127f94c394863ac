import { startIds } from '../tasks/task.ts';
import { usableIds } from '../tasks/usable-ids.ts';
import { LENGTH_PARAMETER, lengthOfPrompt, plainSample, type Probe } from './probe.ts';

export const random: Probe = {
  info: {
    id: 'random',
    name: 'Random tokens',
    description:
      'Random tokens, each once as long as the vocabulary lasts. A control: what a score keeps here comes from positions, not from text; induction and duplicates have nothing to find.',
    parameters: [LENGTH_PARAMETER],
  },
  data: ['text'],
  unavailable: (context) => (usableIds(context).length > 0 ? null : 'The vocabulary has no ordinary token.'),
  make(context, parameters, prng) {
    const start = startIds(context);
    const count = lengthOfPrompt(context, parameters) - start.length;
    const usable = usableIds(context);
    const ids: number[] = [];
    while (ids.length < count) ids.push(...prng.shuffle(usable).slice(0, count - ids.length));
    return plainSample([...start, ...ids]);
  },
};
