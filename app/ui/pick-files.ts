/** The browser's own dialogues for files. Both give an empty list when the person thinks better of it. */

const videosAndPictures = 'video/*,.mp4,.mov,.m4v,.webm,.mkv,.3gp,image/*,.jfif,.avif,.zip';

/** A video, or the pictures of one. */
export function pickFiles(): Promise<File[]> {
  return pick((input) => {
    input.accept = videosAndPictures;
    input.multiple = true;
  });
}

/** Weights of a model, or a model pack in a zip. */
export function pickModelFiles(): Promise<File[]> {
  return pick((input) => {
    input.accept = '.safetensors,.pt,.pth,.zip';
  });
}

/** Labels: texts, or pictures of masks, which a zip may hold. */
export function pickLabelFiles(): Promise<File[]> {
  return pick((input) => {
    input.accept = '.json,.xml,.zip,.png';
    input.multiple = true;
  });
}

/** All files in a folder and below; each knows its path. */
export function pickFolder(): Promise<File[]> {
  return pick((input) => {
    input.webkitdirectory = true;
  });
}

async function pick(prepare: (input: HTMLInputElement) => void): Promise<File[]> {
  const input = document.createElement('input');
  input.type = 'file';
  prepare(input);
  return new Promise((resolve) => {
    input.addEventListener('change', () => resolve([...(input.files ?? [])]));
    input.addEventListener('cancel', () => resolve([]));
    input.click();
  });
}
