/** `npm start`: installs what is needed, builds, and serves the app; prints its address. */
import { run, setUpNode } from './setup.mjs';

await setUpNode();
await run('npx', ['vite', 'build', '--logLevel', 'warn']);
await run('npx', ['vite', 'preview', ...process.argv.slice(2)]);
