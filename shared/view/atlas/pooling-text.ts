/** Small maps of a prompt: `size` texels a side stand for all `tokens`. */
export interface Pooling {
  readonly size: number;
  readonly tokens: number;
}

/** `max of about 4.7×4.7 tokens`: a texel holds whole blocks of tokens, so that not all are equally wide. */
export function poolingText({ tokens, size }: Pooling): string {
  if (tokens <= size) return 'every cell';
  const side = tokens / size;
  const text = side.toLocaleString('en-US', { maximumFractionDigits: side < 10 ? 1 : 0 });
  return `max of about ${text}×${text} tokens`;
}
