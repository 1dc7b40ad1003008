interface Output {
  text?: string | string[];
  data?: Record<string, string | string[]>;
}

const joined = (text: string | string[]) => Array.isArray(text) ? text.join("") : text;

/** All text that a notebook's outputs show, figures in SVG included, images in base64 not. */
export function outputText(path: string): string {
  const { cells }: { cells: { outputs?: Output[] }[] } = JSON.parse(Deno.readTextFileSync(path));
  const texts = cells.flatMap((cell) => cell.outputs ?? []).flatMap(({ text = "", data = {} }) => [
    joined(text),
    ...Object.entries(data).filter(([kind]) => /^text\/|xml$/.test(kind)).map(([, value]) => joined(value)),
  ]);
  return texts.join("\n");
}
