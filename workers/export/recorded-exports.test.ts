import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { exportFormatIds } from '../protocol/export-formats';
import { decodeRle } from '../rle/rle';
import { exampleFrames, exampleRequest, writeExample } from './example-export';
import type { FormatModule } from './format';

/** Independent readers in Python find these masks in these files: model-export/tests/exports_test.py. */
const folder = fileURLToPath(new URL('../../conformance/exports', import.meta.url));
const writers = import.meta.glob<FormatModule>('./formats/*.format.ts');
const isRecording = process.env['RECORD_EXPORTS'] === '1';

it.each(exportFormatIds)('writes %s as it was recorded, byte by byte', async (format) => {
  const files = await writeExample(format, await writers[`./formats/${format}.format.ts`]!());
  const root = join(folder, format);
  if (isRecording) {
    rmSync(root, { recursive: true, force: true });
    for (const [name, blob] of files) {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), Buffer.from(await blob.arrayBuffer()));
    }
  }
  const recorded = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(recorded).toHaveLength(files.size);
  for (const [name, blob] of files) {
    expect(Buffer.from(await blob.arrayBuffer()).equals(readFileSync(join(root, name))), name).toBe(true);
  }
});

it('records the masks themselves beside them', () => {
  const { objects, video } = exampleRequest('coco');
  const masks = {
    size: [video.height, video.width],
    frames: Array.from(video.sourceFrames),
    objects: objects.map(({ id, name, category }) => ({ id, name, category })),
    // By frame: the object's place, and its rows.
    masks: exampleFrames.map(({ masks }) =>
      masks.map(({ object, rle }) => ({ object: objects.indexOf(object), rows: rowsOf(decodeRle(rle), rle.width) })),
    ),
  };
  const text = `${JSON.stringify(masks, null, 2)}\n`;
  if (isRecording) writeFileSync(join(folder, 'masks.json'), text);
  expect(JSON.parse(readFileSync(join(folder, 'masks.json'), 'utf8'))).toEqual(masks);
});

function rowsOf(pixels: Uint8Array, width: number): string[] {
  const text = Array.from(pixels, (pixel) => (pixel === 1 ? '#' : '.')).join('');
  return Array.from({ length: pixels.length / width }, (_, y) => text.slice(y * width, (y + 1) * width));
}
