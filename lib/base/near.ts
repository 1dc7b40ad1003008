/** Single letters that must be put in, taken out or changed to make one text of the other. */
function editsBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length];
}

/** One letter in so many may be wrong; a word of fewer than four letters is too near to too many. */
const LETTERS_AN_EDIT = 3, FEWEST_LETTERS = 4;
const MOST = 3;

const lastWord = (path: string): string => path.split(".").at(-1)!.toLowerCase();

/**
 * Those of the known paths ("gan.syncWeight") that were probably meant by an unknown one, three at most: by its last word,
 * whose section may be wrong or absent, or by the whole.
 */
export function nearPaths(unknown: string, known: string[]): string[] {
  const word = lastWord(unknown);
  const rows = known.map((path) => {
    const whole = editsBetween(unknown.toLowerCase(), path.toLowerCase());
    return { path, whole, edits: Math.min(whole, editsBetween(word, lastWord(path))) };
  });
  const nearest = Math.min(...rows.map(({ edits }) => edits));
  if (word.length < FEWEST_LETTERS) return [];
  return rows.filter(({ path, edits }) =>
    edits === nearest && edits <= lastWord(path).length / LETTERS_AN_EDIT
  )
    .sort((a, b) => a.whole - b.whole).slice(0, MOST).map(({ path }) => path);
}
