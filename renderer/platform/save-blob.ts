/** Hands a file to the person as a download; on the desktop that is the system's save dialog. */
export function saveBlob(blob: Blob, name: string): void {
  const source = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = source;
  link.download = name;
  link.click();
  // The download has begun by then.
  setTimeout(() => URL.revokeObjectURL(source), 10_000);
}
