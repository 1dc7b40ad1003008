import assert from "node:assert/strict";
import { type ForeignNetworkName, foreignNetworks } from "../../lib/models/pytorch_names.ts";
import { countParameters } from "../../lib/nn/params.ts";

/** Tensors in a state dict, counters of batches included, and parameters, as published. */
const PUBLISHED: Record<ForeignNetworkName, [number, number]> = {
  "wav2lip": [352, 36_298_035],
  "wav2lip-expert": [217, 16_435_072],
  "visual-quality": [28, 14_113_793],
  "syncnet": [102, 13_631_616],
  "inception": [566, 23_850_960],
};

Deno.test("each network has as many tensors and parameters as the published one", () => {
  for (const [name, [tensors, parameters]] of Object.entries(PUBLISHED)) {
    const { specs, names } = foreignNetworks[name as ForeignNetworkName]();
    assert.deepEqual(Object.keys(names).sort(), Object.keys(specs).sort(), name);
    const foreign = Object.values(names).map((tensor) => tensor.name);
    assert.equal(new Set(foreign).size, foreign.length, "no name twice");
    const counters = foreign.filter((tensor) => tensor.endsWith(".running_var")).length;
    assert.deepEqual([foreign.length + counters, countParameters(specs)], [tensors, parameters], name);
  }
});

Deno.test("SyncNet's layers lie at the published places of its lists", () => {
  const names = Object.values(foreignNetworks.syncnet().names).map(({ name }) => name);
  const places = (list: string) =>
    [...new Set(names.filter((name) => name.startsWith(`${list}.`)).map((name) => name.split(".")[1]))]
      .map(Number);
  for (const list of ["netcnnaud", "netcnnlip"]) {
    assert.deepEqual(places(list), [0, 1, 4, 5, 8, 9, 11, 12, 14, 15, 18, 19]);
  }
  for (const list of ["netfcaud", "netfclip"]) assert.deepEqual(places(list), [0, 1, 3]);
});

Deno.test("the counters of batches are ignored, and nothing that carries weights", () => {
  for (const network of Object.values(foreignNetworks)) {
    const { ignored, names } = network();
    assert.ok(ignored.test("face_encoder.0.conv_block.1.num_batches_tracked"));
    assert.ok(Object.values(names).every(({ name }) => !ignored.test(name)));
  }
});

Deno.test("channels are turned where pictures come in or go out, in groups of three", () => {
  for (const [name, network] of Object.entries(foreignNetworks)) {
    const { specs, flips = {} } = network();
    for (const [path, { axis, groups }] of Object.entries(flips)) {
      assert.equal(specs[path].shape[axis], 3 * groups, `${name}: ${path}`);
    }
  }
  const turned = Object.fromEntries(
    Object.entries(foreignNetworks).map(([name, network]) => [name, Object.keys(network().flips ?? {})]),
  );
  assert.deepEqual(turned, {
    "wav2lip": ["face/0/0/conv/kernel", "output/rgb/kernel", "output/rgb/bias"],
    "wav2lip-expert": ["video/0/conv/kernel"],
    "visual-quality": ["face/0/0/conv/kernel"],
    "syncnet": ["lip/0/conv/kernel"],
    "inception": [],
  });
});
