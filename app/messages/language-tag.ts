/**
 * Language tags as browsers and systems hand them over, which need not be tags: `C`, `C.UTF-8`, `en_US.UTF-8`, `de_DE@euro`,
 * nothing at all. Whatever is given to `Intl` passes here first, because `Intl` throws at what is no tag.
 */

/** @returns the tag as BCP 47 writes it; null where there is no language in it */
export function asLanguageTag(text: unknown): string | null {
  if (typeof text !== 'string') return null;
  // POSIX: language_TERRITORY.charset@modifier.
  const tag = text.replace(/[.@].*$/, '').replaceAll('_', '-');
  try {
    return new Intl.Locale(tag).toString();
  } catch {
    return null;
  }
}

/** The first of the languages that a person reads which the page has; null where it has none of them. */
export function firstKnown<L extends string>(wanted: readonly unknown[], known: readonly L[]): L | null {
  for (const each of wanted) {
    const tag = asLanguageTag(each);
    const found = tag === null ? undefined : known.find((language) => new Intl.Locale(tag).language === language);
    if (found !== undefined) return found;
  }
  return null;
}
