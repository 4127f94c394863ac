import { drawPassage } from '../tasks/haystack.ts';
import { needsTokenizer, startIds } from '../tasks/task.ts';
import { LENGTH_PARAMETER, lengthOfPrompt, plainSample, type Probe } from './probe.ts';

export const prose: Probe = {
  info: {
    id: 'prose',
    name: 'Prose',
    description: 'Passages of the bundled public-domain prose, all of one length, each from a sentence’s beginning on.',
    parameters: [LENGTH_PARAMETER],
  },
  data: ['text'],
  unavailable: needsTokenizer,
  make(context, parameters, prng) {
    const start = startIds(context);
    const { ids } = drawPassage(context, lengthOfPrompt(context, parameters) - start.length, prng);
    return plainSample([...start, ...ids]);
  },
};
