/** A fault a person can mend: says what went wrong (naming the file) and what to do about it. */
export class KitError extends Error {
  override name = "KitError";
  /** @param what one clause naming the file or option; @param remedy one clause saying what to do */
  constructor(readonly what: string, readonly remedy: string, options?: ErrorOptions) {
    super(`${what}. ${remedy}`, options);
  }
}
