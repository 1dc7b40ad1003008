import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { KitError } from "../../lib/base/errors.ts";
import { cString, int64s, libraryPath, openLibrary, utf8 } from "../../lib/native/library.ts";

/** Loads TensorFlow in a process of its own. */
async function loadWith(env: Record<string, string>) {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const script =
    'const { tf } = await import("./lib/native/tf.ts"); console.log(tf.scalar(6).mul(7).dataSync()[0]);';
  const output = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-lock", "--quiet", script],
    cwd: root,
    env: { NO_COLOR: "1", ...env },
  }).output();
  const [said, complaint] = [output.stdout, output.stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { success: output.success, said, complaint };
}

Deno.test("TensorFlow loads without a word", async () => {
  assert.deepEqual(await loadWith({}), { success: true, said: "42\n", complaint: "" });
});

Deno.test("a process that also loads skia-canvas ends well", async () => {
  const script = 'await import("skia-canvas"); await import("./lib/native/tf.ts");';
  const cwd = fileURLToPath(new URL("../..", import.meta.url));
  const { code } = await new Deno.Command(Deno.execPath(), { args: ["eval", "--quiet", script], cwd })
    .output();
  assert.equal(code, 0);
});

Deno.test("without the library the error names it and the set-up task", async () => {
  const { success, complaint } = await loadWith({ KIT_TENSORFLOW: "/nowhere/libtensorflow_cc.so.2" });
  assert.equal(success, false);
  assert.match(complaint, /KitError: TensorFlow's library is not at \/nowhere\/libtensorflow_cc\.so\.2/);
  assert.match(complaint, /task setup/);
});

Deno.test("a file that is no library is named, with the remedy", async () => {
  const path = await Deno.makeTempFile({ prefix: "no 'library' ", suffix: ".so" });
  try {
    await Deno.writeTextFile(path, "text");
    assert.throws(() => openLibrary(path), (error: Error) => {
      assert.ok(error instanceof KitError);
      assert.ok(error.message.includes(path), error.message);
      assert.match(error.message, /does not load .*task setup/);
      return true;
    });
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("KIT_TENSORFLOW says where the library is", () => {
  const before = Deno.env.get("KIT_TENSORFLOW");
  try {
    Deno.env.delete("KIT_TENSORFLOW");
    assert.match(libraryPath(), /\.native\/tensorflow\/libtensorflow_cc\.(so\.2|2\.dylib)$/);
    Deno.env.set("KIT_TENSORFLOW", "/opt/some where/libtensorflow_cc.so.2");
    assert.equal(libraryPath(), "/opt/some where/libtensorflow_cc.so.2");
  } finally {
    if (before === undefined) Deno.env.delete("KIT_TENSORFLOW");
    else Deno.env.set("KIT_TENSORFLOW", before);
  }
});

Deno.test("names and sizes as C takes them", () => {
  assert.deepEqual(Array.from(utf8("ü")), [0xc3, 0xbc]);
  assert.deepEqual(Array.from(cString("ab")), [97, 98, 0]);
  assert.equal(cString("ab"), cString("ab"), "kept, not made again");
  assert.deepEqual(Array.from(int64s([2, -1])), [2n, -1n]);
});
