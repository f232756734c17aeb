/** Flag constants of WebGPU: TypeScript's library has the types, not these. Source: WebGPU §5.1, §8.1. */
declare const GPUBufferUsage: { readonly [K in 'MAP_READ' | 'COPY_SRC' | 'COPY_DST' | 'STORAGE' | 'UNIFORM']: number };
declare const GPUMapMode: { readonly READ: number };
