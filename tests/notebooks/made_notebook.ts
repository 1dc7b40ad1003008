/** Writes a notebook with one markdown cell and these code cells. */
export async function writeNotebook(
  path: string,
  sources: string[],
  { metadata = {} }: { metadata?: object } = {},
): Promise<void> {
  const cells = [
    { cell_type: "markdown", id: "title", metadata: {}, source: ["# Made by a test\n"] },
    ...sources.map((source, index) => ({
      cell_type: "code",
      execution_count: null,
      id: `cell-${index}`,
      metadata: { execution: { "iopub.status.busy": "2020-01-01" } },
      outputs: [],
      source: source.split(/(?<=\n)/),
    })),
  ];
  await Deno.writeTextFile(path, JSON.stringify({ cells, metadata, nbformat: 4, nbformat_minor: 5 }));
}
