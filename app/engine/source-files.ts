/** What a person chose to open: one file, or the many of a sequence. */
import type { OpenOptions, SourceFile } from '../../workers/protocol/media-contract';

export type ChosenSource = {
  files: readonly SourceFile[];
  /** As it is shown, and as exports call it. */
  name: string;
  options: OpenOptions;
  /** It lies in this browser's storage, where recordings are kept until they are saved. */
  isRecording?: boolean;
};

/** Files of a dialogue: those of a folder know their path. */
export function sourceFiles(files: Iterable<File>): SourceFile[] {
  return Array.from(files, (file) => ({ path: file.webkitRelativePath || file.name, file }));
}

/** Of one file its name; of many their folder's, or what their names start with. */
export function sourceName(files: readonly SourceFile[]): string {
  const [first, ...others] = files.map(({ path }) => path);
  if (first === undefined) return '';
  if (others.length === 0) return first.split('/').at(-1)!;
  const start = others.reduce((common, path) => {
    let length = 0;
    while (length < common.length && common[length] === path[length]) length++;
    return common.slice(0, length);
  }, first);
  const folder = start.split('/').slice(0, -1).at(-1);
  return folder ?? (start.replace(/[-_ .\d]+$/, '') || first);
}
