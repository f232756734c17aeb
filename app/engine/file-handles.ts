/** Which file on the person's disk a `File` is, where the browser tells: a drop and its own dialogue do, an input does not. */
const handles = new WeakMap<Blob, FileSystemFileHandle>();

export function rememberHandle(file: Blob, handle: FileSystemFileHandle): void {
  handles.set(file, handle);
}

export function handleOf(file: Blob): FileSystemFileHandle | undefined {
  return handles.get(file);
}
