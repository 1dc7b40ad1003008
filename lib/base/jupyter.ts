/** What a notebook shows as the value of a cell. */
export interface Shown {
  [key: symbol]: () => Record<string, string>;
}

/** A cell's value that Jupyter shows by one of its forms, each under its media type. */
export const shown = (forms: Record<string, string>): Shown => ({
  [Symbol.for("Jupyter.display")]: () => forms,
});

/** Sends a message to a notebook's page. */
export type Broadcast = (type: string, content: Record<string, unknown>) => Promise<void>;

/** The way to the page of the notebook that this runs in; undefined outside a notebook. */
export function notebook(): Broadcast | undefined {
  try {
    return Deno.jupyter.broadcast;
  } catch {
    return undefined; // Deno.jupyter throws outside a notebook
  }
}

/** One output of a notebook cell: each call shows its forms, by media type, in place of those before. */
export function changingOutput(broadcast: Broadcast): (data: Record<string, string>) => void {
  const transient = { display_id: crypto.randomUUID() };
  let message = "display_data";
  return (data) => {
    // A notebook that went away must not stop the work.
    Promise.resolve(broadcast(message, { data, metadata: {}, transient })).catch(() => {});
    message = "update_display_data";
  };
}

/** A text inside HTML or SVG. */
export const escapeHtml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
