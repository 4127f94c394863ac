/** Hands bytes to the person as a download; on the desktop that is the system's save dialog. */
export function saveBytes(bytes: Uint8Array, name: string, mediaType: string): void {
  const source = URL.createObjectURL(new Blob([bytes as BlobPart], { type: mediaType }));
  const link = document.createElement('a');
  link.href = source;
  link.download = name;
  link.click();
  // The download has begun by then.
  setTimeout(() => URL.revokeObjectURL(source), 10_000);
}
