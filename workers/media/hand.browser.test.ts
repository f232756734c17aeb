import { it } from 'vitest';
import type { MediaApi } from '../protocol/media-contract';
import { connect } from '../protocol/rpc';
import probe from '../../.cache/clips/probe.json';
const urls = import.meta.glob<string>('../../.cache/clips/*.{mp4,mov,webm,thumb}', { query: '?url', import: 'default', eager: true });
const get = async (n: string) => (await fetch(urls['../../.cache/clips/' + n]!)).blob();
async function thumb(frame: VideoFrame) {
  const c = new OffscreenCanvas(16, 16); const ctx = c.getContext('2d', { willReadFrequently: true })!;
  const bmp = await createImageBitmap(frame, { resizeWidth: 16, resizeHeight: 16, resizeQuality: 'high' });
  ctx.drawImage(bmp, 0, 0); bmp.close();
  const d = ctx.getImageData(0, 0, 16, 16).data; const g = new Float32Array(256);
  for (let i = 0; i < 256; i++) g[i] = 0.299 * d[4 * i]! + 0.587 * d[4 * i + 1]! + 0.114 * d[4 * i + 2]!;
  return g;
}
const dist = (a: Float32Array, b: Uint8Array) => { let s = 0; for (let i = 0; i < 256; i++) s += Math.abs(a[i]! - b[i]!); return s / 256; };
it('hand', async () => {
  for (const [name, p] of Object.entries(probe as any) as any) {
    const worker = new Worker(new URL('./media.worker.ts', import.meta.url), { type: 'module' });
    const media = connect<MediaApi>(worker);
    try {
      const t0 = performance.now();
      const info = await media.open(await get(name), name, new AbortController().signal);
      const t1 = performance.now();
      const st = p.streams[0]; const [num, den] = st.time_base.split('/').map(Number);
      const first = p.frames[0].pts;
      const exp = p.frames.map((f: any) => Math.round(((f.pts - first) * num * 1e6) / den));
      const same = exp.length === info.frameCount && exp.every((t: number, i: number) => t === info.timestampsUs[i]);
      const thumbs = new Uint8Array(await (await get(name + '.thumb')).arrayBuffer());
      let bad = 0; let worst = 0; let ambiguous = 0;
      const order = Array.from({ length: info.frameCount }, (_, i) => (i * 37) % info.frameCount);
      const gcd = (a: number, b: number): number => (b ? gcd(b, a % b) : a);
      const seq = gcd(37, info.frameCount) === 1 ? order : order.map((_, i) => i);
      for (const n of seq.slice(0, 150)) {
        const f = await media.frame(n);
        const g = await thumb(f); f.close();
        const d = dist(g, thumbs.subarray(n * 256, n * 256 + 256));
        worst = Math.max(worst, d);
        for (const k of [-2, -1, 1, 2]) { const m = n + k; if (m < 0 || (m + 1) * 256 > thumbs.length) continue; const e = dist(g, thumbs.subarray(m * 256, m * 256 + 256)); if (e < d - 0.05) { bad++; break; } }
      }
      console.log(name, `${info.width}x${info.height} (ffprobe ${st.width}x${st.height} sar ${st.sample_aspect_ratio} rot ${st.side_data_list?.[0]?.rotation})`, 'frames', info.frameCount, 'ffprobe', exp.length, 'ts equal', same, same ? '' : `${exp.slice(0, 5)} vs ${[...info.timestampsUs].slice(0, 5)}`, 'dur', info.durationUs, 'open', (t1 - t0).toFixed(0), 'thumbs', thumbs.length / 256, 'nearer to a neighbour', bad, 'worst', worst.toFixed(1));
      await media.close();
      const s = await media.stats(); if (s.liveFrames) console.log('LEAK', s);
    } catch (e: any) { console.log(name, 'ERROR', e.code, e.message); }
    worker.terminate();
  }
}, 600000);
