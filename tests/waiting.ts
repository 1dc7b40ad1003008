/** Waits until something has happened, or until the process that would have it happen has ended. */
export async function until(happened: () => Promise<boolean>, process: Deno.ChildProcess): Promise<void> {
  let ended = false;
  process.status.then(() => ended = true);
  while (!ended && !await happened()) await new Promise((go) => setTimeout(go, 50));
}

/** Waits until no process holds a lock file any more: the system lets go of those of a process that ends. */
export async function untilLetGo(path: string): Promise<void> {
  const file = await Deno.open(path, { create: true, write: true });
  await file.lock(true);
  file.close();
}

/** Kills a process as by kill -9; it may have ended by itself. */
export function kill(process: Deno.ChildProcess): void {
  try {
    process.kill("SIGKILL");
  } catch { /* it has */ }
}
