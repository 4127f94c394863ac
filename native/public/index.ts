/** The engine's public face: all that shells may import from `native/`. */
export type { Engine, EngineOptions } from './engine.ts';
