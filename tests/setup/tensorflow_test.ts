import assert from "node:assert/strict";
import { tensorflowWheels, wantsGpu } from "../../lib/setup/tensorflow.ts";

Deno.test("each platform has its wheel and the names of its library's files", () => {
  const file = (platform: string) => {
    const [{ requirement, choose, members }] = tensorflowWheels(platform, { gpu: false });
    const matches = (name: string) => new RegExp(members).test(`tensorflow/${name}`);
    return { requirement, tag: choose![1], matches };
  };
  const linux = file("linux x86_64");
  assert.deepEqual([linux.requirement, linux.tag], ["tensorflow-cpu==2.21.0", "manylinux_2_27_x86_64"]);
  assert.ok(linux.matches("libtensorflow_cc.so.2") && linux.matches("libtensorflow_framework.so.2"));
  assert.ok(!linux.matches("libtensorflow_cc.so.2.21.0") && !linux.matches("python/libtensorflow_cc.so.2"));
  const arm = file("linux aarch64");
  assert.deepEqual([arm.requirement, arm.tag], ["tensorflow==2.21.0", "manylinux_2_27_aarch64"]);
  const mac = file("darwin aarch64");
  assert.deepEqual([mac.requirement, mac.tag], ["tensorflow==2.21.0", "macosx_12_0_arm64"]);
  assert.ok(mac.matches("libtensorflow_cc.2.dylib"));
});

Deno.test("the GPU build comes with NVIDIA's libraries, all pinned, without their headers", () => {
  const [tensorflow, ...cuda] = tensorflowWheels("linux x86_64", { gpu: true });
  assert.equal(tensorflow.requirement, "tensorflow==2.21.0");
  assert.equal(cuda.length, 12);
  for (const { requirement, members, folder } of cuda) {
    assert.match(requirement, /^nvidia-[a-z-]+-cu12==[\d.]+$/);
    assert.equal(folder, ".native/nvidia");
    assert.equal("nvidia/cublas/lib/libcublas.so.12".match(members)?.[1], "cublas/lib/libcublas.so.12");
    assert.equal("nvidia/cublas/include/cublas.h".match(members), null);
  }
});

Deno.test("where TensorFlow has no build, the error says what to use", () => {
  assert.throws(
    () => tensorflowWheels("windows x86_64", { gpu: false }),
    /no build for windows x86_64\. Use Linux/,
  );
  assert.throws(() => tensorflowWheels("darwin aarch64", { gpu: true }), /no GPU build.*Set KIT_GPU=0/);
});

Deno.test("KIT_GPU decides over what is seen", () => {
  const before = Deno.env.get("KIT_GPU");
  try {
    Deno.env.set("KIT_GPU", "1");
    assert.equal(wantsGpu(), true);
    Deno.env.set("KIT_GPU", "0");
    assert.equal(wantsGpu(), false);
  } finally {
    before === undefined ? Deno.env.delete("KIT_GPU") : Deno.env.set("KIT_GPU", before);
  }
});
