import type { KindEffect } from '../kind-effect.ts';

export const uniform: KindEffect = ({ rows }) => ({ steps: () => [{ kind: 'uniform', rows }] });
