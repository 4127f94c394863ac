/** Reading and writing of .safetensors files. */
export { checkFinite } from './check-finite.ts';
export type { FloatDtype } from './dtype.ts';
export { encodeSafetensors, type WholeTensor } from './encode-safetensors.ts';
export { fingerprint } from './fingerprint.ts';
export { openWeights } from './open-weights.ts';
export { readHeader, type FilePart } from './read-header.ts';
export { readFloats, readTensorF32 } from './read-tensor.ts';
export type { WeightIndex } from './weight-index.ts';
export { writeSafetensors, type TensorSource } from './write-safetensors.ts';
