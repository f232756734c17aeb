/** From a video frame to the image encoder's input without leaving the GPU: one compute pass over an external texture. */
import type { Normalization } from './preprocess-frame';

/** Bicubic, widened when shrinking, as `preprocess-frame.ts` does in two passes; here in one, and without rounding. */
const shader = /* wgsl */ `
struct Frame { width: f32, height: f32, size: u32, pad: u32, mean: vec4f, deviation: vec4f }
@group(0) @binding(0) var source: texture_external;
@group(0) @binding(1) var<uniform> frame: Frame;
@group(0) @binding(2) var<storage, read_write> image: array<f32>;

fn cubic(distance: f32) -> f32 {
  let x = abs(distance);
  if (x < 1.0) { return (1.5 * x - 2.5) * x * x + 1.0; }
  if (x < 2.0) { return ((x - 5.0) * x + 8.0) * x * -0.5 + 2.0; }
  return 0.0;
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= frame.size || id.y >= frame.size) { return; }
  let scale = vec2f(frame.width, frame.height) / f32(frame.size);
  let widen = max(scale, vec2f(1.0));
  let center = (vec2f(id.xy) + 0.5) * scale;
  let first = max(vec2i(center - 2.0 * widen + 0.5), vec2i(0));
  let end = min(vec2i(center + 2.0 * widen + 0.5), vec2i(i32(frame.width), i32(frame.height)));
  var sum = vec3f(0.0);
  var total = 0.0;
  for (var y = first.y; y < end.y; y++) {
    let down = cubic((f32(y) - center.y + 0.5) / widen.y);
    for (var x = first.x; x < end.x; x++) {
      let weight = down * cubic((f32(x) - center.x + 0.5) / widen.x);
      sum += weight * textureLoad(source, vec2i(x, y)).rgb;
      total += weight;
    }
  }
  let color = (clamp(sum / total, vec3f(0.0), vec3f(1.0)) - frame.mean.rgb) / frame.deviation.rgb;
  let area = frame.size * frame.size;
  let n = id.y * frame.size + id.x;
  image[n] = color.r;
  image[area + n] = color.g;
  image[2u * area + n] = color.b;
}`;

const workgroup = 8;

export type GpuPreprocessor = {
  /**
   * Leaves the frame open.
   * @returns a buffer with float32[3, S, S], owned by the caller
   * @throws DOMException where the browser can't import the frame
   */
  preprocess(frame: VideoFrame): GPUBuffer;
};

export function createGpuPreprocessor(device: GPUDevice, size: number, normalization: Normalization): GpuPreprocessor {
  const module = device.createShaderModule({ code: shader });
  const pipeline = device.createComputePipeline({ layout: 'auto', compute: { module, entryPoint: 'main' } });
  const uniforms = device.createBuffer({ size: 48, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST });

  return {
    preprocess(frame) {
      // Imported first: it is what may throw, before anything is allocated.
      const source = device.importExternalTexture({ source: frame });
      const values = new ArrayBuffer(48);
      new Float32Array(values, 0, 2).set([frame.displayWidth, frame.displayHeight]);
      new Uint32Array(values, 8, 1).set([size]);
      new Float32Array(values, 16, 3).set(normalization.imageMean);
      new Float32Array(values, 32, 3).set(normalization.imageStd);
      device.queue.writeBuffer(uniforms, 0, values);
      const image = device.createBuffer({
        size: 3 * size * size * 4,
        usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
      });
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      pass.setBindGroup(
        0,
        device.createBindGroup({
          layout: pipeline.getBindGroupLayout(0),
          entries: [
            { binding: 0, resource: source },
            { binding: 1, resource: { buffer: uniforms } },
            { binding: 2, resource: { buffer: image } },
          ],
        }),
      );
      const groups = Math.ceil(size / workgroup);
      pass.dispatchWorkgroups(groups, groups);
      pass.end();
      device.queue.submit([encoder.finish()]);
      return image;
    },
  };
}
