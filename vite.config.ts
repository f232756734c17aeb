import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Cross-origin isolation gives WASM its threads. It is a gain where the server can send it, never a need. */
const isolationHeaders = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

export default defineConfig({
  // Relative, so that dist/ can lie under any path of any static server.
  base: './',
  plugins: [react()],
  worker: { format: 'es' },
  build: { target: 'esnext', assetsInlineLimit: 0, chunkSizeWarningLimit: 1000 },
  // The dependency optimizer would move onnxruntime-web away from its .wasm files.
  optimizeDeps: { exclude: ['onnxruntime-web'] },
  server: { headers: isolationHeaders },
  preview: { headers: isolationHeaders },
});
