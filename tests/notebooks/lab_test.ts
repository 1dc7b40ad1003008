import assert from "node:assert/strict";
import { CLI } from "../kit.ts";

/** A port that nothing listens at. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

Deno.test("lab serves the notebooks on this machine only, behind a token, with Deno's kernel, until it is stopped", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", CLI, "lab", "--no-browser", "--port", `${freePort()}`],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const reader = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  try {
    // It is said once it answers.
    const { value = "" } = await reader.read();
    const [, base, token] = value.match(
      /^JupyterLab: (http:\/\/127\.0\.0\.1:\d+)\/lab\/tree\/notebooks\?token=(\w+)/,
    )!;
    const specs = await (await fetch(`${base}/api/kernelspecs?token=${token}`)).json();
    assert.equal(specs.default, "deno");
    assert.deepEqual(Object.keys(specs.kernelspecs), ["deno"]);
    const folder = await (await fetch(`${base}/api/contents/notebooks?token=${token}`)).json();
    assert.equal(folder.type, "directory");
    const refused = await fetch(`${base}/api/contents`);
    await refused.body?.cancel();
    assert.equal(refused.status, 403);
  } finally {
    child.kill("SIGTERM");
    await child.status;
    while (!(await reader.read()).done);
  }
});
