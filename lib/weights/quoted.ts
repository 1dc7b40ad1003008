/** Text out of a file, for a message: control characters escaped, cut after `longest` characters. */
export const printable = (text: string, longest = 80): string =>
  JSON.stringify(text.length > longest ? `${text.slice(0, longest)}…` : text).slice(1, -1);

/** A name out of a file, for a message. */
export const quoted = (name: string): string => `"${printable(name)}"`;
