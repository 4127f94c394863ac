/** The engine's public face: all that shells may import from `native/`. */
export { createEngine } from '../engine/create-engine.ts';
export { captureBudget } from './capture-budget.ts';
export { describeAddon } from '../attention/choose-kernel.ts';
export { supportedProviders } from '../ort/session.ts';
export type { Engine, EngineOptions, ExportedTensor, GeneratedRows } from './engine.ts';
