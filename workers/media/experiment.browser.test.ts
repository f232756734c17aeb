import { createFile, DataStream, MP4BoxBuffer, Endianness } from 'mp4box';
import { it } from 'vitest';
import { commands } from 'vitest/browser';
async function load(url: string) {
  const buf = await (await fetch(url)).arrayBuffer();
  const f = createFile(true);
  const samples: any[] = [];
  let track: any;
  f.onReady = (info: any) => { track = info.videoTracks[0]; f.setExtractionOptions(track.id, null, { nbSamples: 100000 }); f.start(); };
  f.onSamples = (_: any, __: any, s: any) => samples.push(...s);
  f.appendBuffer(MP4BoxBuffer.fromArrayBuffer(buf, 0));
  f.flush();
  const trak: any = f.getTrackById(track.id);
  const entry = trak.mdia.minf.stbl.stsd.entries[0];
  const box = entry.avcC ?? entry.hvcC ?? entry.vpcC ?? entry.av1C;
  const st = new DataStream(undefined, 0, Endianness.BIG_ENDIAN);
  box.write(st);
  return { track, samples, config: { codec: track.codec.startsWith('vp08') ? 'vp8' : track.codec, codedWidth: track.video.width, codedHeight: track.video.height, description: new Uint8Array(st.buffer, 8) } as VideoDecoderConfig };
}
const info = (f: VideoFrame) => `${f.format} coded ${f.codedWidth}x${f.codedHeight} vis ${JSON.stringify(f.visibleRect)} disp ${f.displayWidth}x${f.displayHeight} rot ${(f as any).rotation} flip ${(f as any).flip} cs ${JSON.stringify(f.colorSpace)} alloc ${f.format ? f.allocationSize() : '-'} ts ${f.timestamp}`;
async function decode(v: any, from = 0, to = v.samples.length, extra = {}, keyAll = false) {
  const out: string[] = []; let err = '';
  const frames: VideoFrame[] = [];
  const d = new VideoDecoder({ output: (f) => { out.push(info(f)); frames.push(f); }, error: (e) => (err = String(e)) });
  try {
    d.configure({ ...v.config, ...extra });
    for (let i = from; i < to; i++) d.decode(new EncodedVideoChunk({ type: v.samples[i].is_sync || keyAll ? 'key' : 'delta', timestamp: i, data: v.samples[i].data }));
    await d.flush();
  } catch (e) { err += ' thrown ' + String(e); }
  return { out, err, frames };
}
it('experiments', async () => {
  const log = (...a: unknown[]) => console.log(...a);
  for (const n of ['b-frames', 'anamorphic', 'clockwise-90', '8k', 'one-frame', 'av1', 'hevc']) {
    const v = await load(`/e2e/media/${n}.mp4`);
    const hw = await VideoDecoder.isConfigSupported({ ...v.config, hardwareAcceleration: 'prefer-hardware' });
    const s = await VideoDecoder.isConfigSupported(v.config);
    const t = performance.now();
    const r = await decode(v);
    log(n, v.config.codec, 'supported', s.supported, 'hw', hw.supported, r.err, r.out.length, r.out[0], (performance.now() - t).toFixed(1), 'ms', Object.keys(s.config!));
    for (const f of r.frames) f.close();
  }
  const v = await load('/e2e/media/clockwise-90.mp4');
  for (const extra of [{ rotation: 90 }, { rotation: 90, flip: true }, { displayAspectWidth: 2, displayAspectHeight: 1 }]) {
    const r = await decode(v, 0, 3, extra); log(JSON.stringify(extra), r.err, r.out[0]);
    for (const f of r.frames) f.close();
  }
  const a = await load('/e2e/media/anamorphic.mp4');
  const ra = await decode(a, 0, 3, { displayAspectWidth: 64, displayAspectHeight: 96 }); log('ana w/ aspect', ra.err, ra.out[0]);
  {
    const f = ra.frames[0]!; const g = new VideoFrame(f, { timestamp: 77 }); log('rewrapped', info(g)); const h = new VideoFrame(f, { timestamp: 7, displayWidth: 5, displayHeight: 9 }); log('rewrapped', info(h)); g.close(); h.close();
  }
  for (const f of ra.frames) f.close();
  const o = await load('/e2e/media/open-gop.mp4');
  log('sync', o.samples.map((s: any, i: number) => (s.is_sync ? i : -1)).filter((i: number) => i >= 0).join(), o.samples.slice(0, 20).map((s: any) => s.cts).join());
  const key = o.samples.findIndex((s: any, i: number) => i > 0 && s.is_sync);
  const ro = await decode(o, key, undefined, {}); log('open gop from 2nd', key, ro.err, ro.out.length, ro.out.slice(0, 3));
  const hb = await load('/public/samples/bigbuckbunny.mp4');
  const t = performance.now();
  const rb = await decode(hb, 0, 60);
  log('bbb 60', performance.now() - t, rb.out[0], rb.err);
  for (let rep = 0; rep < 2; rep++) {
    const f = rb.frames[10 + rep]!;
    const t0 = performance.now();
    const buf = new Uint8Array(f.allocationSize());
    const layout = await f.copyTo(buf);
    const t1 = performance.now();
    const g = new VideoFrame(buf, { format: f.format!, codedWidth: f.visibleRect!.width, codedHeight: f.visibleRect!.height, timestamp: 0, layout, colorSpace: f.colorSpace.toJSON() as any, transfer: [buf.buffer] } as any);
    const t2 = performance.now();
    log('copyTo', t1 - t0, 'new', t2 - t1, info(g));
    g.close();
    const c = new OffscreenCanvas(1280, 720); const ctx = c.getContext('2d', { alpha: false, willReadFrequently: rep === 1 })!;
    const t3 = performance.now(); ctx.drawImage(f, 0, 0); const h = new VideoFrame(c, { timestamp: 0 }); const t4 = performance.now(); log('canvas', rep, t4 - t3, info(h)); h.close();
  }
  for (const f of rb.frames) f.close();
  // Pipeline delay: how many fed before the first output
  let first = -1; let fed = 0; let outs = 0;
  const d = new VideoDecoder({ output: (f) => { outs++; if (first < 0) first = fed; f.close(); }, error: log });
  d.configure(hb.config);
  while (outs < 3) { d.decode(new EncodedVideoChunk({ type: hb.samples[fed].is_sync ? 'key' : 'delta', timestamp: fed, data: hb.samples[fed].data })); fed++; await new Promise((r) => setTimeout(r, 30)); }
  log('first output after feeding', first, 'sync', hb.samples.map((s: any, i: number) => (s.is_sync ? i : -1)).filter((i: number) => i >= 0).join());
  let t5 = performance.now(); d.reset(); d.configure(hb.config); log('reset', performance.now() - t5);
  log('close event on port', 'onclose' in MessagePort.prototype, typeof commands);
});
