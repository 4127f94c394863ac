/** What can be done to heads, as `headscope ablate --list` prints it. */
import type { InterventionKind, InterventionParameter } from '../../../shared/model/intervention-kinds/kind.ts';
import type { PlaceKind } from '../../../shared/model/place.ts';
import { formatTable } from '../table.ts';

const PLACES: Readonly<Record<PlaceKind, string>> = { head: 'L0H1', 'kv-group': 'L0KV1', layer: 'L0' };

export function formatKinds(kinds: readonly InterventionKind[]): string {
  const blocks = kinds.map((kind) => {
    const limits = [
      kind.rows ? 'some rows: @100:200' : '',
      kind.keys === 'none' ? '' : `keys${kind.keys === 'required' ? ', needed' : ''}: #0:4`,
      kind.sources === 'none'
        ? ''
        : `other prompts${kind.sources === 'optional' ? '' : ', needed'}: <-17 4 99 or <-needle*16/7`,
    ].filter((part) => part !== '');
    const lines = [
      `${kind.id}: ${kind.name}, at ${kind.places.map((place) => PLACES[place]).join(', ')}`,
      `  ${kind.definition}`,
      ...(limits.length === 0 ? [] : [`  ${limits.join('; ')}`]),
      ...(kind.caution === undefined ? [] : [`  ${kind.caution}`]),
    ];
    const table = formatTable(
      [],
      kind.parameters.map((parameter) => [`  ${parameter.id}`, valuesOf(parameter), parameter.meaning]),
    );
    return kind.parameters.length === 0 ? lines.join('\n') : `${lines.join('\n')}\n${table}`;
  });
  return [
    'Write PLACE=KIND, with its parameters after colons, in their order or by name: L2H3=scale:0.5, L3=streaming:4:window=64',
    ...blocks,
  ].join('\n\n');
}

function valuesOf(parameter: InterventionParameter): string {
  if (parameter.type === 'choice') return `${parameter.choices.map(({ id }) => id).join(' | ')} (${parameter.default})`;
  const [min, max] = parameter.usual ?? [parameter.min, parameter.max];
  return `${min} to ${max} (${parameter.default})`;
}
