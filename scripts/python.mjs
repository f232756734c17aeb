/** Runs Python in the project's virtual environment, which it makes first: `node scripts/python.mjs -m pytest …`. */
import { python, run, setUpPython } from './setup.mjs';

await setUpPython();
await run(python, process.argv.slice(2));
