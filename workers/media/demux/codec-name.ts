/** Names that people know codecs by. */

/**
 * By the first four characters of a sample entry (registered at mp4ra.org and in the QuickTime file format) or by the
 * codec id of a Matroska track (RFC 9559's registry).
 */
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
  'V_MPEG4/ISO/AVC': 'H.264',
  'V_MPEGH/ISO/HEVC': 'HEVC',
  'V_MPEGI/ISO/VVC': 'VVC',
  V_AV1: 'AV1',
  V_VP8: 'VP8',
  V_VP9: 'VP9',
  V_PRORES: 'Apple ProRes',
  V_MJPEG: 'Motion JPEG',
  V_MPEG1: 'MPEG-1',
  V_MPEG2: 'MPEG-2',
  'V_MPEG4/ISO/ASP': 'MPEG-4 Visual',
  'V_MPEG4/ISO/SP': 'MPEG-4 Visual',
  V_THEORA: 'Theora',
  V_FFV1: 'FFV1',
  'V_MS/VFW/FOURCC': 'in a codec of Video for Windows',
  V_UNCOMPRESSED: 'Uncompressed video',
};

/** Such as `HEVC (hvc1)`; the bare type where no name is known. */
export function codecName(sampleEntryType: string): string {
  const type = sampleEntryType.trim();
  const name = names[type];
  return name ? `${name} (${type})` : `“${type}”`;
}

/** Whether any browser has a decoder for it: what else a file shows is cover art, or has to be converted. */
export function isBrowserCodec(sampleEntryType: string): boolean {
  return /^(avc[13]|hvc1|hev1|dvh1|dvhe|vp0[89]|av01|encv|V_MPEG4\/ISO\/AVC|V_MPEGH\/ISO\/HEVC|V_VP[89]|V_AV1)$/.test(
    sampleEntryType,
  );
}
