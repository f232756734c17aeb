/** Names that people know codecs by. */

/** By the first four characters of a sample entry. Registered at mp4ra.org and in the QuickTime file format. */
const names: Record<string, string> = {
  avc1: 'H.264',
  avc3: 'H.264',
  hvc1: 'HEVC',
  hev1: 'HEVC',
  dvh1: 'Dolby Vision HEVC',
  dvhe: 'Dolby Vision HEVC',
  vvc1: 'VVC',
  vvi1: 'VVC',
  av01: 'AV1',
  vp08: 'VP8',
  vp09: 'VP9',
  mp4v: 'MPEG-4 Visual',
  mp2v: 'MPEG-2',
  xdvc: 'XDCAM',
  s263: 'H.263',
  jpeg: 'Motion JPEG',
  mjpa: 'Motion JPEG',
  mjpb: 'Motion JPEG',
  apch: 'Apple ProRes',
  apcn: 'Apple ProRes',
  apcs: 'Apple ProRes',
  apco: 'Apple ProRes',
  ap4h: 'Apple ProRes',
  ap4x: 'Apple ProRes',
  AVdn: 'DNxHD',
  AVdh: 'DNxHR',
  CFHD: 'CineForm',
  SVQ3: 'Sorenson Video 3',
  cvid: 'Cinepak',
  rle: 'QuickTime Animation',
  png: 'PNG',
};

/** Such as `HEVC (hvc1)`; the bare type where no name is known. */
export function codecName(sampleEntryType: string): string {
  const type = sampleEntryType.trim();
  const name = names[type];
  return name ? `${name} (${type})` : `“${type}”`;
}
