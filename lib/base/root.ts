import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's own folder, without a slash at its end. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url)).replace(/\/$/, "");
/** Where figures and tables go unless told otherwise. */
export const FIGURES = join(ROOT, "figures");
