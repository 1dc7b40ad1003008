import type { Value } from "./pickle.ts";
import type { Storage } from "./pytorch_objects.ts";

/** What a file of PyTorch's holds: the saved value, whose tensors are views of storages that lie in the file. */
export interface PytorchFile {
  form: string;
  value: Value;
  /** The byte at which a storage begins; throws KitError when it is not there, cut short or damaged. */
  locate(storage: Storage): number;
  /** Whether numbers are stored with their highest byte first. */
  bigEndian: boolean;
}

/** The longest pickle that is read: one of ten thousand tensors takes 3 MB. */
export const LONGEST_PICKLE = 64_000_000;
