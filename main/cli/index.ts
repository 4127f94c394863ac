/** The built command line; `bin.mjs` calls it. */
export { main } from './program.ts';
