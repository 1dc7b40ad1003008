/** Longest safe name in bytes: file systems allow 255, and endings are yet to come. */
const LONGEST_NAME = 180;

/**
 * A name that is safe as a file name on every system: it can leave no folder and hides no file. Letters and digits of
 * every script stay, with their marks, in Unicode's composed form (NFC), so that a name is one and the same whichever
 * system wrote it.
 */
export function safeName(name: string): string {
  const safe = name.normalize("NFC").replace(/[^\p{L}\p{M}\p{N}._-]+/gu, "_").replace(/^\.+/, "_");
  const letters = [...safe || "_"];
  while (new TextEncoder().encode(letters.join("")).length > LONGEST_NAME) letters.pop();
  return letters.join("");
}

/** A count with its noun: "1 clip", "20 clips". */
export const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** Those of the counts that are above 0, with their nouns and what is the matter with them, as a part of a sentence. */
export function oddities(counts: [count: number, noun: string, matter: string][], between = ", "): string {
  const some = counts.filter(([count]) => count > 0);
  return some.map(([count, noun, matter]) => `${counted(count, noun)} ${matter}`).join(between);
}
