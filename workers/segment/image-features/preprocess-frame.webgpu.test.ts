import { expect, it } from 'vitest';
import { readPixels } from '../../resample/read-pixels';
import { resizePixels } from '../../resample/resize-pixels';
import { createRuntime } from '../runtime/runtime';
import { normalize } from './preprocess-frame';
import { createGpuPreprocessor } from './preprocess-frame-gpu';

const normalization = { imageMean: [0.485, 0.456, 0.406], imageStd: [0.229, 0.224, 0.225] };

function textured(width: number, height: number): VideoFrame {
  const data = new Uint8Array(width * height * 4);
  for (let n = 0; n < width * height; n++) {
    const x = n % width;
    const y = Math.floor(n / width);
    data.set([(x * 255) / width, 128 + 100 * Math.sin(x / 7 + y / 5), (y * 255) / height, 255], n * 4);
  }
  return new VideoFrame(data, { format: 'RGBX', codedWidth: width, codedHeight: height, timestamp: 0 });
}

it('makes the same image on the GPU as on the CPU', async () => {
  const runtime = await createRuntime('webgpu');
  for (const [width, height, size] of [
    [64, 64, 64],
    [160, 90, 64],
    [40, 30, 64],
    [64, 64, 32],
  ] as const) {
    const frame = textured(width, height);
    const cpu = normalize(resizePixels(await readPixels(frame, size), size), size, normalization);
    const buffer = createGpuPreprocessor(runtime.gpu!, size, normalization).preprocess(frame);
    const tensor = runtime.tensors.adopt(buffer, [1, 3, size, size]);
    const gpu = await runtime.tensors.read(tensor);
    tensor.dispose();
    frame.close();
    // 8-bit rounding between the CPU's two passes, and the browser's own conversions: never the same to the bit.
    const differences = cpu.map((value, n) => {
      const deviation = normalization.imageStd[Math.floor(n / size / size)]!;
      return Math.abs(value - gpu[n]!) * deviation * 255;
    });
    expect(Math.max(...differences), `${width}×${height} to ${size}`).toBeLessThan(2);
    expect(differences.reduce((sum, value) => sum + value, 0) / differences.length).toBeLessThan(0.5);
  }
});
