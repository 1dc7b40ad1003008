import { KitError } from "../base/errors.ts";
import type { ByteSource } from "./byte_source.ts";
import type { Value } from "./pickle.ts";
import { TensorView } from "./pytorch_objects.ts";
import { printable, quoted } from "./quoted.ts";

type Dictionary = Map<Value, Value>;

const holdsTensors = (value: Value): boolean =>
  value instanceof Map && value.values().some((item) => item instanceof TensorView);

/** The entry of a checkpoint that is a state dict: `state_dict`, or the only dictionary that holds tensors. */
function findStateDict(source: ByteSource, checkpoint: Dictionary): string {
  const found = [...checkpoint].filter(([key, value]) => typeof key === "string" && holdsTensors(value))
    .map(([key]) => key as string);
  if (found.includes("state_dict")) return "state_dict";
  if (found.length === 1) return found[0];
  throw new KitError(
    found.length === 0
      ? `${source.name} holds no state dict (a dictionary of tensors)`
      : `${source.name} holds several state dicts: ${found.slice(0, 8).map(quoted).join(", ")}`,
    "Save the one of the network alone in PyTorch: torch.save(model.state_dict(), ...)",
  );
}

/** Tensors by name; what is no tensor in a state dict (a counter, an extra state) carries no weights. */
function named(state: Dictionary): Map<string, TensorView> {
  const tensors = new Map<string, TensorView>();
  for (const [key, value] of state) {
    if (typeof key === "string" && value instanceof TensorView) tensors.set(key, value);
  }
  return tensors;
}

/**
 * The tensors of what PyTorch saved: a state dict itself, or a checkpoint that holds one beside other things, whose
 * names are given and which are not read. Throws KitError when there is none, or no telling which.
 */
export function stateDict(
  source: ByteSource,
  saved: Value,
): { tensors: Map<string, TensorView>; besides: string[] } {
  if (!(saved instanceof Map)) {
    throw new KitError(
      `${source.name} holds no dictionary`,
      "Save a state dict in PyTorch: torch.save(model.state_dict(), ...)",
    );
  }
  const checkpoint: Dictionary = saved;
  if (holdsTensors(checkpoint)) return { tensors: named(checkpoint), besides: [] };
  const chosen = findStateDict(source, checkpoint);
  const others = [...checkpoint.keys()].filter((key) =>
    key !== chosen && typeof key === "string"
  ) as string[];
  return {
    tensors: named(checkpoint.get(chosen) as Dictionary),
    besides: others.slice(0, 100).map((key) => printable(key)),
  };
}
