/** Names of files and folders that every system takes: Windows, macOS, Linux, and what unpacks archives there. */

/** Of one component, with room for what is put before and behind it: file systems take 255. */
const maxBytes = 160;
/** Devices of Windows, whatever stands behind a dot. Source: Microsoft, "Naming Files, Paths, and Namespaces". */
const reserved = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?=\.|$)/i;
const encoder = new TextEncoder();
const characters = new Intl.Segmenter('en');

/**
 * A text as one component of a path, as like it as can be: without separators, control and formatting characters, dots
 * and spaces at its ends and what Windows forbids, and cut between characters.
 * @param fallback where nothing of it is left
 */
export function safeFileName(text: string, fallback: string): string {
  const allowed = text
    .normalize('NFC')
    .toWellFormed()
    .replace(/[\p{Control}\p{Format}\p{Surrogate}\p{Line_Separator}\p{Paragraph_Separator}\uFFFD]+/gu, '')
    .replace(/[<>:"/\\|?*]+/g, '-');
  const name = withoutEnds(cutToBytes(withoutEnds(allowed), maxBytes));
  if (name === '') return fallback;
  return name.replace(reserved, '$1_');
}

/** The beginning of a text that takes at most so many bytes in UTF-8. */
export function cutToBytes(text: string, bytes: number): string {
  if (encoder.encode(text).length <= bytes) return text;
  let kept = '';
  let size = 0;
  // By what a person sees as a character, so that no letter loses its marks.
  for (const { segment } of characters.segment(text)) {
    size += encoder.encode(segment).length;
    if (size > bytes) break;
    kept += segment;
  }
  return kept;
}

/** A leading dot hides a file, trailing dots and spaces are dropped by Windows. */
function withoutEnds(text: string): string {
  return text.replace(/^[\s.]+|[\s.]+$/g, '');
}
