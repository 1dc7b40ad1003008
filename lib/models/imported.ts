import { KitError } from "../base/errors.ts";
import { disposeParams, type Params } from "../nn/params.ts";
import { tf } from "../native/tf.ts";
import type { ForeignNetwork } from "../weights/foreign.ts";
import { IMPORT_VERSION } from "../weights/import.ts";
import { openSafetensors } from "../weights/safetensors.ts";

/**
 * The parameters of a network (one of foreignNetworks) that `task import` wrote, by path. Throws KitError when the file
 * holds another network, or not all of this one.
 */
export async function loadImported(file: string, { name, specs }: ForeignNetwork): Promise<Params> {
  const again = `Make it with \`deno task import <file> --as ${name} --out ${file}\``;
  const opened = await openSafetensors(file);
  const params: Params = {};
  try {
    const { metadata, tensors } = opened.header;
    if (metadata.network !== name || metadata.import_version !== String(IMPORT_VERSION)) {
      const held = metadata.network === undefined
        ? "no imported network"
        : `${metadata.network}, version ${metadata.import_version} of its layout`;
      throw new KitError(`${file} holds ${held}, not ${name}, version ${IMPORT_VERSION}`, again);
    }
    for (const [path, { shape }] of Object.entries(specs)) {
      const found = tensors[path]?.shape;
      if (found?.join() !== shape.join()) {
        const what = found ? `[${found}] where [${shape}] is expected` : "absent";
        throw new KitError(`${path} of ${file} is ${what}`, again);
      }
      params[path] = tf.keep(tf.tensor(await opened.readF32(path), shape, "float32"));
    }
    return params;
  } catch (error) {
    disposeParams(params);
    throw error;
  } finally {
    opened.close();
  }
}
