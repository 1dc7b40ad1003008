/** Runs a function in a folder on a file system of some megabytes; false where none can be mounted. */
export async function onSmallDisk(
  megabytes: number,
  work: (folder: string) => Promise<void>,
): Promise<boolean> {
  if (Deno.build.os !== "linux") return false;
  const folder = await Deno.makeTempDir({ prefix: "kit-small-" });
  const args = ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", folder];
  const mount = await new Deno.Command("mount", { args, stderr: "null" }).output().catch(() => undefined);
  try {
    if (mount?.success) await work(folder);
    return mount?.success ?? false;
  } finally {
    if (mount?.success) await new Deno.Command("umount", { args: [folder] }).output();
    await Deno.remove(folder, { recursive: true });
  }
}
