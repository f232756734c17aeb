/** Numbers, times, sizes and lists as a person reads them, in the language in force. */
import { asLanguageTag } from './language-tag';

type Formats = {
  number: Intl.NumberFormat;
  tenths: Intl.NumberFormat;
  percent: Intl.NumberFormat;
  seconds: Intl.NumberFormat;
  list: Intl.ListFormat;
  plural: Intl.PluralRules;
  moment: Intl.DateTimeFormat;
};

let formats = formatsOf('en');

/** @param locale a language tag; English where it is none */
export function formatIn(locale: string): void {
  formats = formatsOf(asLanguageTag(locale) ?? 'en');
}

function formatsOf(locale: string): Formats {
  return {
    number: new Intl.NumberFormat(locale),
    tenths: new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 }),
    percent: new Intl.NumberFormat(locale, { style: 'percent' }),
    seconds: new Intl.NumberFormat(locale, { minimumIntegerDigits: 2, minimumFractionDigits: 3 }),
    list: new Intl.ListFormat(locale, { type: 'conjunction' }),
    plural: new Intl.PluralRules(locale),
    moment: new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }),
  };
}

export function formatNumber(value: number): string {
  return formats.number.format(value);
}

/** A day and a time, by the clock on the wall. */
export function formatMoment(ms: number): string {
  return formats.moment.format(ms);
}

/** With one digit behind the point. */
export function formatTenths(value: number): string {
  return formats.tenths.format(value);
}

/** A share from 0 to 1. */
export function formatPercent(share: number): string {
  return formats.percent.format(share);
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  const power = bytes > 0 ? Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3)) : 0;
  const value = bytes / 1000 ** power;
  return `${power > 0 && value < 10 ? formats.tenths.format(value) : formatNumber(Math.round(value))} ${units[power]}`;
}

/** `00:16.480`, with hours when there are any. */
export function formatTimecode(timestampUs: number): string {
  const ms = Math.floor(timestampUs / 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  const hours = Math.floor(ms / 3_600_000);
  const rest = `${two(Math.floor(ms / 60_000) % 60)}:${formats.seconds.format((ms % 60_000) / 1000)}`;
  return hours > 0 ? `${two(hours)}:${rest}` : rest;
}

/** `0:07`, `12:30`, `1:02:05`: a clock that runs. */
export function formatElapsed(ms: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const seconds = Math.floor(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

/** What a frame takes: `40 ms`, `2.3 s`, `1 min 5 s`. */
export function formatPace(ms: number): string {
  if (ms < 1000) return `${formatNumber(Math.max(1, Math.round(ms)))} ms`;
  return ms < 10_000 ? `${formatTenths(ms / 1000)} s` : formatDuration(ms);
}

/** Rough: `9 s`, `2 min 5 s`, `1 h 3 min`. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `Disc, Square, and Bar`. */
export function formatList(names: readonly string[]): string {
  return formats.list.format(names);
}

/** `1 frame`, `2 frames`. */
export function count(n: number, one: string, other: string): string {
  return `${formatNumber(n)} ${formats.plural.select(n) === 'one' ? one : other}`;
}
