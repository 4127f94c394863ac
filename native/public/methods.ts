/** The public face of sparse methods on arrays, apart from the engine's, which they do not need. */
export { listMethods } from '../methods/list-methods.ts';
export { selectFile } from '../methods/select-file.ts';
