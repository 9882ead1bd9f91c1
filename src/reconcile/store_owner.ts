import type { ArtifactStore } from "../store/artifact_store.ts";
import {
  judgeOwnerMark,
  ownerMark,
  ownerMarkName,
  type OwnerSelector,
  type StoreOwnership,
} from "../store/owner_mark.ts";

/** What decides whose a store is. */
export interface StoreOwnerOptions {
  readonly store: Pick<ArtifactStore, "readMark" | "writeMark">;
  readonly selector: OwnerSelector;
  /** The uid of namespace `kube-system` of the cluster that we watch. */
  readonly readClusterUid: () => Promise<string>;
  /** `--store-adopt`: take over a store that bears another's mark, once. */
  readonly adopt: boolean;
  /** Told why nothing is deleted, once for each reason. */
  readonly onRefused: (message: string) => void;
}

const consequence = "so no artifact is swept or collected";
const states = {
  foreign: "bears the mark of another cluster",
  unreadable: "bears a mark that cannot be understood",
  absent: "does not keep the mark of this one",
} as const;

/**
 * Whether anything may be deleted from a store (DESIGN §8). To a controller on a volume of another cluster every artifact
 * looks as if its source was gone. The mark is read each time: another cluster may have adopted the store meanwhile.
 */
export class StoreOwner {
  readonly #options: StoreOwnerOptions;
  readonly #mark: string;
  #clusterUid: string | undefined;
  #mayAdopt: boolean;
  #refusal: string | undefined;
  #checking: Promise<boolean> | undefined;

  constructor(options: StoreOwnerOptions) {
    this.#options = options;
    this.#mark = ownerMarkName(options.selector);
    this.#mayAdopt = options.adopt;
  }

  /** Marks a store that nobody has marked. Never rejects: what cannot be found out is a no. */
  mayDelete(): Promise<boolean> {
    return this.#checking ??= this.#check().finally(() => this.#checking = undefined);
  }

  async #check(): Promise<boolean> {
    try {
      const ownership = await this.#own();
      if (ownership === "ours") this.#refusal = undefined;
      else this.#refuse(this.#reason(ownership));
      return ownership === "ours";
    } catch (error) {
      this.#refuse(error instanceof Error ? error.message : String(error));
      return false;
    }
  }

  async #own(): Promise<StoreOwnership> {
    const { store, readClusterUid } = this.#options;
    const uid = this.#clusterUid ??= await readClusterUid();
    const judge = async () => judgeOwnerMark(await store.readMark(this.#mark), uid);
    const ownership = await judge();
    const adopts = this.#mayAdopt && (ownership === "foreign" || ownership === "unreadable");
    if (ownership !== "absent" && !adopts) return ownership;
    await store.writeMark(this.#mark, ownerMark(uid), { replace: adopts });
    this.#mayAdopt = false; // else two that were both told to would take it from each other for ever
    return await judge();
  }

  #reason(ownership: keyof typeof states): string {
    return `the store ${
      states[ownership]
    } (${this.#mark}); if this cluster alone uses it now, for example ` +
      "after a restore, start the controller once with --store-adopt";
  }

  #refuse(reason: string): void {
    if (reason === this.#refusal) return;
    this.#refusal = reason;
    this.#options.onRefused(`${reason}; ${consequence}`);
  }
}
