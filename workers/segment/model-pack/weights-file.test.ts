import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { MaskletError } from '../../protocol/errors';
import { partOf, readAsFloat32 } from './stored-tensor';
import { parseCatalogue, parseWeightless } from './catalogue';
import { readPickle } from './pickle';
import { unwrapNames } from './state-dict';
import { openWeightsFile, type WeightsFile } from './weights-file';
import { checkWeights, recogniseWeights } from './weightless-pack';
import { readZipEntries } from './zip-archive';

const packs = new URL('../../../e2e/fixtures/packs/', import.meta.url);
const shipped = new URL('../../../public/models/sam2/', import.meta.url);

function bytesOf(url: URL): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(url));
}

function jsonOf(url: URL): unknown {
  return JSON.parse(readFileSync(url, 'utf8'));
}

function checkpoint(name: string): Promise<WeightsFile> {
  return openWeightsFile(new Blob([bytesOf(new URL(`checkpoints/${name}.pt`, packs))]));
}

async function numbers(file: WeightsFile, name: string): Promise<number[]> {
  return Array.from(await readAsFloat32(file.tensors.get(name)!));
}

type Header = Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>;

function safetensors(header: Header | string, dataBytes: number): Blob {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(text.length), true);
  return new Blob([length, text, new Uint8Array(dataBytes)]);
}

/** Whatever is done to the bytes of a file: it is read, or refused with a sentence; never anything else. */
async function opensOrRefuses(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  try {
    const { tensors } = await openWeightsFile(new Blob([bytes]));
    for (const tensor of tensors.values()) {
      if (tensor.dtype === 'F32') expect((await tensor.read()).byteLength).toBe(tensor.sizeBytes);
    }
  } catch (error) {
    expect(error).toBeInstanceOf(MaskletError);
    expect((error as MaskletError).code).toMatch(/^model-(corrupt|incompatible)$/);
  }
}

describe('a PyTorch checkpoint', () => {
  it('gives the numbers that torch saved, of every float type, shared and plain', async () => {
    const file = await checkpoint('every-kind');
    const expected = Array.from({ length: 12 }, (_, n) => n / 4 - 1);
    for (const type of ['float32', 'float16', 'bfloat16', 'float64']) {
      expect(file.tensors.get(type)!.shape).toEqual([3, 4]);
      expect(await numbers(file, type), type).toEqual(expected);
    }
    expect(await numbers(file, 'parameter')).toEqual(expected.slice(0, 4));
    expect(await numbers(file, 'first_part')).toEqual([0, 1, 2, 3]);
    expect(await numbers(file, 'second_part')).toEqual([4, 5, 6, 7, 8, 9]);
    expect(file.tensors.get('steps')).toMatchObject({ dtype: 'I64', shape: [] });
    await expect(numbers(file, 'steps')).rejects.toMatchObject({ code: 'model-incompatible' });
    expect(await numbers(await checkpoint('bare'), 'weight')).toEqual(expected);
  });

  it('is refused where it names anything but tensors, and where numbers lie out of order', async () => {
    await expect(checkpoint('attack')).rejects.toThrow(/it wants to use .*getattr|it wants to use pathlib/);
    await expect(checkpoint('attack')).rejects.toMatchObject({ code: 'model-incompatible' });
    await expect(checkpoint('transposed')).rejects.toThrow(/view of another tensor/);
  });

  it('is refused where it is cut off at any place', async () => {
    const whole = bytesOf(new URL('checkpoints/bare.pt', packs));
    for (let length = 0; length < whole.length; length += 37) {
      await expect(openWeightsFile(new Blob([whole.slice(0, length)]))).rejects.toBeInstanceOf(MaskletError);
    }
  });

  it('withstands any changed bytes', async () => {
    const whole = bytesOf(new URL('checkpoints/every-kind.pt', packs));
    const change = fc.record({ at: fc.nat(whole.length - 1), value: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), async (changes) => {
        const bytes = whole.slice();
        for (const { at, value } of changes) bytes[at] = value;
        await opensOrRefuses(bytes);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a pickle', () => {
  const rules = {
    global: () => undefined,
    call: () => null,
    persistent: () => null,
  };

  it('of any bytes ends with a value or a refusal', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          readPickle(bytes, rules);
        } catch (error) {
          expect(error).toBeInstanceOf(MaskletError);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('can name nothing that the rules do not give', () => {
    for (const name of ['os\nsystem', 'builtins\neval', 'torch.hub\nload']) {
      const bytes = new TextEncoder().encode(`c${name}\n)R.`);
      expect(() => readPickle(bytes, rules)).toThrow(`it wants to use ${name.replace('\n', '.')}`);
    }
    // INST and OBJ, which would call too, are no operations here.
    for (const operation of ['i', 'o', '\x81', '\x93']) {
      expect(() => readPickle(Uint8Array.of(operation.charCodeAt(0)), rules)).toThrow(/operation/);
    }
  });
});

describe('a safetensors file', () => {
  it('gives its tensors by range', async () => {
    const file = await openWeightsFile(
      safetensors(
        {
          a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] },
          b: { dtype: 'F16', shape: [1, 2], data_offsets: [8, 12] },
        },
        12,
      ),
    );
    expect([...file.tensors.keys()]).toEqual(['a', 'b']);
    expect(file.tensors.get('b')).toMatchObject({ dtype: 'F16', shape: [1, 2], sizeBytes: 4 });
  });

  it('is refused where its header lies', async () => {
    const entry = { dtype: 'F32', shape: [2], data_offsets: [0, 8] as [number, number] };
    const wrong: [Blob, RegExp][] = [
      [safetensors({ a: entry }, 7), /cut off: "a"/],
      [safetensors({ a: entry }, 9), /more in it/],
      [safetensors({ a: { ...entry, shape: [3] } }, 8), /as many bytes/],
      [safetensors({ a: { ...entry, data_offsets: [8, 0] } }, 8), /"a" is broken/],
      [safetensors({ a: { ...entry, data_offsets: [-8, 0] } }, 8), /"a" is broken/],
      [safetensors({ a: { ...entry, shape: [-2] } }, 8), /"a" is broken/],
      [safetensors('{"a":null}', 8), /"a" is broken/],
      [safetensors('{"a"', 8), /not JSON/],
      [safetensors({ a: entry }, 8).slice(0, 20), /header is cut off/],
    ];
    for (const [file, message] of wrong) {
      await expect(openWeightsFile(file)).rejects.toMatchObject({ code: 'model-corrupt' });
      await expect(openWeightsFile(file)).rejects.toThrow(message);
    }
    await expect(openWeightsFile(new Blob(['<!doctype html>']))).rejects.toMatchObject({ code: 'model-incompatible' });
  });

  it('withstands any header', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json(), fc.nat(64), async (header, dataBytes) => {
        await opensOrRefuses(new Uint8Array(await safetensors(header, dataBytes).arrayBuffer()));
      }),
      { numRuns: 500 },
    );
  });
});

describe('a zip archive', () => {
  it('gives stored and compressed entries, and never more than an entry says', async () => {
    const text = new TextEncoder().encode('masklet '.repeat(500));
    const zip = zipSync({ 'pack/a.txt': text, 'pack/b.bin': [Uint8Array.of(1, 2, 3), { level: 0 }] });
    const entries = await readZipEntries(new Blob([zip]));
    expect([...entries.keys()]).toEqual(['pack/a.txt', 'pack/b.bin']);
    const bytes = async (name: string) => new Uint8Array(await (await entries.get(name)!.blob()).arrayBuffer());
    expect(await bytes('pack/a.txt')).toEqual(text);
    expect(await bytes('pack/b.bin')).toEqual(Uint8Array.of(1, 2, 3));

    // A bomb, or a lie: the directory says another size than what inflates.
    const view = new DataView(zip.buffer);
    const places = Array.from({ length: zip.length - 4 }, (_, n) => n);
    const directory = places.find((n) => view.getUint32(n, true) === 0x02014b50)!;
    for (const size of [10, 5000, 2 ** 31]) {
      const lie = zip.slice();
      new DataView(lie.buffer).setUint32(directory + 24, size, true);
      const lying = await readZipEntries(new Blob([lie]));
      await expect(lying.get('pack/a.txt')!.blob()).rejects.toMatchObject({ code: 'model-corrupt' });
    }
  });
});

/** What `torch.save` writes, protocol 2: dictionaries by their entries, and every tensor three float32. */
type Saved = { [name: string]: Saved } | 'tensor' | number | null;

function torchFile(content: Saved): Blob {
  const bytes: number[] = [0x80, 2];
  const put = (text: string): void => void bytes.push(...new TextEncoder().encode(text));
  const string = (text: string): void => {
    const encoded = new TextEncoder().encode(text);
    bytes.push(0x58, encoded.length, 0, 0, 0, ...encoded);
  };
  const value = (each: Saved): void => {
    if (each === null) put('N');
    else if (typeof each === 'number') bytes.push(0x4b, each);
    else if (each === 'tensor') {
      put('ctorch._utils\n_rebuild_tensor_v2\n((');
      string('storage');
      put('ctorch\nFloatStorage\n');
      string('0');
      string('cpu');
      bytes.push(0x4b, 3);
      // The storage's tuple and id; offset 0, shape (3,), strides (1,), no gradient, no hooks.
      bytes.push(0x74, 0x51, 0x4b, 0, 0x4b, 3, 0x85, 0x4b, 1, 0x85, 0x89, 0x7d, 0x74, 0x52);
    } else {
      put('}(');
      for (const [name, inner] of Object.entries(each)) {
        string(name);
        value(inner);
      }
      put('u');
    }
  };
  value(content);
  put('.');
  return new Blob([
    zipSync({
      'archive/data.pkl': [Uint8Array.from(bytes), { level: 0 }],
      'archive/data/0': [new Uint8Array(new Float32Array([1, 2, 3]).buffer), { level: 0 }],
    }),
  ]);
}

describe('weights and the model they are of', () => {
  const modelIn = (name: string) => ({
    catalogue: parseCatalogue(jsonOf(new URL(`${name}/catalogue.json`, packs))),
    manifest: parseWeightless(jsonOf(new URL(`${name}/${name}.json`, packs))),
    hub: () => openWeightsFile(new Blob([bytesOf(new URL(`${name}/model.safetensors`, packs))])),
  });
  const { catalogue, manifest, hub } = modelIn('micro-hub');

  it.each(['micro-hub', 'micro-edgetam'])('of %s are recognised and fit, in both layouts', async (name) => {
    const model = modelIn(name);
    const file = await model.hub();
    expect(recogniseWeights(file, model.catalogue).name).toBe(name);
    checkWeights(file, model.manifest);

    const renamed = new Map(
      Object.values(model.manifest.weights)
        .flatMap((group) => Object.entries(group))
        .flatMap(([key, { meta, metaPart }]) => {
          const tensor = file.tensors.get(key)!;
          const [rows = 0, ...rest] = tensor.shape;
          const shape =
            meta.length > 1 ? [1, ...rest] : [rows * (metaPart?.of ?? 1), ...rest].slice(0, tensor.shape.length);
          return meta.map((each) => [each, { ...tensor, shape }] as const);
        }),
    );
    const meta: WeightsFile = { layout: 'meta', tensors: renamed };
    expect(recogniseWeights(meta, model.catalogue).name).toBe(name);
    checkWeights(meta, model.manifest);
  });

  /** The micro model's file under other names. */
  async function named(rename: (key: string) => string): Promise<WeightsFile> {
    const bytes = bytesOf(new URL('micro-hub/model.safetensors', packs));
    const end = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, end))) as Header;
    const renamed = Object.fromEntries(
      Object.entries(header).map(([key, entry]) => [key === '__metadata__' ? key : rename(key), entry]),
    );
    const text = new TextEncoder().encode(JSON.stringify(renamed));
    const length = new Uint8Array(8);
    new DataView(length.buffer).setBigUint64(0, BigInt(text.length), true);
    return openWeightsFile(new Blob([length, text, bytes.subarray(end)]));
  }

  it.each(['module.', '_orig_mod.', 'module._orig_mod.', 'model.', 'sam2_model.module.', 'state.model._orig_mod.'])(
    'are the same behind "%s"',
    async (prefix) => {
      const file = await named((key) => prefix + key);
      expect(file.layout).toBe('transformers');
      expect([...file.tensors.keys()].sort()).toEqual([...(await hub()).tensors.keys()].sort());
      expect(recogniseWeights(file, catalogue).name).toBe('micro-hub');
      checkWeights(file, manifest);
    },
  );

  it('are the same where a part of the model was wrapped, and beside those of another network', async () => {
    const compiled = await named((key) => key.replace('vision_encoder.', 'vision_encoder._orig_mod.'));
    checkWeights(compiled, manifest);
    const own = new Map([
      ['head.weight', 0],
      ['model.image_encoder.trunk.pos_embed', 1],
      ['model.no_mem_embed', 2],
      ['ema.image_encoder.trunk.pos_embed', 3],
      ['ema.no_mem_embed', 4],
    ]);
    expect(unwrapNames(own)).toEqual({
      layout: 'meta',
      entries: new Map([
        ['image_encoder.trunk.pos_embed', 1],
        ['no_mem_embed', 2],
      ]),
    });
  });

  it('are found in a checkpoint however deep they lie, and never the optimizer’s', async () => {
    const state: Saved = { 'image_encoder.trunk.pos_embed': 'tensor', no_mem_embed: 'tensor' };
    const optimizer: Saved = { state: { 0: { exp_avg: 'tensor', step: 3 } }, lr: 1 };
    const wrapped = Object.fromEntries(Object.entries(state).map(([key, each]) => [`module.${key}`, each]));
    for (const content of [
      state,
      { model: state },
      { optimizer, epoch: 3, state_dict: state },
      { mean: 'tensor', checkpoint: { optimizer, model: { state_dict: wrapped }, loss: null } },
      { average: state, model: wrapped },
      { state_dict: { 'model._orig_mod.image_encoder.trunk.pos_embed': 'tensor', 'model.no_mem_embed': 'tensor' } },
    ] satisfies Saved[]) {
      const file = await openWeightsFile(torchFile(content));
      expect(file.layout).toBe('meta');
      expect([...file.tensors.keys()]).toEqual(Object.keys(state));
      expect(await numbers(file, 'no_mem_embed')).toEqual([1, 2, 3]);
    }
    await expect(openWeightsFile(torchFile({ epoch: 3 }))).rejects.toThrow('holds no state dict');
  });

  it('lack a tensor by the name that their own layout has for it', async () => {
    const entry = manifest.weights.mask_decoder;
    const [key, { meta }] = Object.entries(entry).find(([name, each]) => each.meta[0] !== name)!;
    const file = await hub();
    const theirs = new Map(
      Object.values(manifest.weights)
        .flatMap((group) => Object.entries(group))
        .flatMap(([name, each]) => each.meta.map((own) => [own, file.tensors.get(name)!] as const)),
    );
    theirs.delete(meta[0]!);
    expect(() => checkWeights({ layout: 'meta', tensors: theirs }, manifest)).toThrow(`"${meta[0]}" is missing`);
    file.tensors.delete(key);
    expect(() => checkWeights(file, manifest)).toThrow(`"${key}" is missing`);

    // Recognised without the tensor that it is usually recognised by.
    const table = 'vision_encoder.backbone.pos_embed';
    const broken = await hub();
    broken.tensors.delete(table);
    expect(recogniseWeights(broken, catalogue).name).toBe('micro-hub');
    expect(() => checkWeights(broken, manifest)).toThrow(`"${table}" is missing`);
    const bare: WeightsFile = {
      layout: 'meta',
      tensors: new Map([['image_encoder.trunk.blocks.0.norm1.weight', broken.tensors.values().next().value!]]),
    };
    expect(() => recogniseWeights(bare, catalogue)).toThrow('"image_encoder.trunk.pos_embed" is missing');
  });

  it('that share a tensor of Meta’s are cut out of it', async () => {
    const numbers = Float32Array.from({ length: 12 }, (_, n) => n);
    const whole = { dtype: 'F32' as const, shape: [6, 2], sizeBytes: 48, read: async () => numbers.buffer };
    const second = partOf(whole, 1, 2);
    expect(second.shape).toEqual([3, 2]);
    expect(Array.from(await readAsFloat32(second))).toEqual([6, 7, 8, 9, 10, 11]);
  });

  it('are told apart from others, tensor by tensor', async () => {
    const key = 'memory_encoder.projection.weight';
    const changed = async (change: (tensors: WeightsFile['tensors']) => void): Promise<() => void> => {
      const file = await hub();
      change(file.tensors);
      return () => checkWeights(file, manifest);
    };
    expect(await changed((tensors) => tensors.delete(key))).toThrow(`"${key}" is missing`);
    const tensor = (await hub()).tensors.get(key)!;
    expect(await changed((tensors) => tensors.set(key, { ...tensor, shape: [64, 64, 1, 1] }))).toThrow(
      /is \[64,64,1,1\] where/,
    );
    expect(await changed((tensors) => tensors.set(key, { ...tensor, dtype: 'I32' }))).toThrow(/not of floats/);
    // Either name of the point code will do.
    const code = 'prompt_encoder.shared_embedding.positional_embedding';
    const aliased = await changed((tensors) => {
      tensors.set('shared_image_embedding.positional_embedding', tensors.get(code)!);
      tensors.delete(code);
    });
    expect(aliased).not.toThrow();
    expect(() => recogniseWeights({ layout: 'transformers', tensors: new Map() }, catalogue)).toThrow(
      /no weights of SAM 2/,
    );
  });

  it('are listed for all nine released models', () => {
    const entries = parseCatalogue(jsonOf(new URL('catalogue.json', shipped)));
    expect(entries.map(({ name }) => name)).toHaveLength(9);
    for (const entry of entries) {
      const { sizes, checkSize, weights } = parseWeightless(jsonOf(new URL(entry.manifest, shipped)));
      expect(Object.keys(sizes).map(Number)).toEqual(
        [...new Set([checkSize, ...entry.imageSizes])].toSorted((a, b) => a - b),
      );
      for (const { halfGraphs } of Object.values(sizes)) {
        expect(Object.keys(halfGraphs)).toEqual(['image_encoder', 'memory_attention']);
      }
      expect(Object.keys(weights.image_encoder).length).toBeGreaterThan(100);
    }
    expect(() => parseCatalogue({ format: 'masklet-catalogue/1', models: [{ name: '../x' }] })).toThrow(
      'models[0].name',
    );
    expect(() => parseWeightless({ ...manifest, sizes: { 100: {} } })).toThrow('"sizes"');
    expect(() => parseWeightless({ ...manifest, checkSize: 100 })).toThrow('"checkSize"');
  });
});
