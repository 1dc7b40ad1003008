/** What a notebook shows as the value of a cell. */
export interface Shown {
  [key: symbol]: () => Record<string, string>;
}

/** A cell's value that Jupyter shows by one of its forms, each under its media type. */
export const shown = (forms: Record<string, string>): Shown => ({
  [Symbol.for("Jupyter.display")]: () => forms,
});

/** A text inside HTML or SVG. */
export const escapeHtml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
