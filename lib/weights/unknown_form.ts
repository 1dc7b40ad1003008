/** Forms that people take for weights, by how they begin. */
const FORMS: [begins: RegExp | string, name: string][] = [
  [/^$/, "empty"],
  [
    /^\s*<(!doctype|html|\?xml|head)/i,
    "a web page, as a link to a file gives when it asks to sign in or confirm",
  ],
  ["version https://git-lfs", "a pointer of Git LFS, not the file itself (git lfs pull fetches it)"],
  ["\x89HDF", "HDF5 (Keras), which is not read"],
  ["\x93NUMPY", "a NumPy array, which is not read"],
  ["GGUF", "GGUF, which is not read"],
  [/^[^]{257}ustar/, "a tar archive: PyTorch's form before 0.1.10, or one to unpack first"],
  ["\x1f\x8b", "compressed by gzip: unpack it first"],
  [/^(7z\xbc\xaf|Rar!|\xfd7zXZ|BZh)/, "a compressed archive: unpack it first"],
  ["\x80", "a pickle, but none that torch.save wrote"],
];

/** What a file that is no weights is, in words, by its first bytes. */
export function nameForm(head: Uint8Array): string {
  const text = String.fromCharCode(...head);
  const found = FORMS.find(([begins]) =>
    typeof begins === "string" ? text.startsWith(begins) : begins.test(text)
  );
  return found?.[1] ?? "of a form that is not known";
}
