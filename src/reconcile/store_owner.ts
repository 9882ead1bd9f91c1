import type { ArtifactStore } from "../store/artifact_store.ts";
import {
  clusterMarkName,
  judgeOwnerMark,
  judgeSharedMark,
  ownerMark,
  ownerMarkName,
  type OwnerSelector,
  sharedMark,
  sharedMarkName,
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
const sole =
  "if this cluster alone uses it now, for example after a restore, start the controller " +
  "once with --store-adopt";
const states = {
  foreign: "bears the mark of another cluster",
  unreadable: "bears a mark that cannot be understood",
  absent: "does not keep the mark of this one",
  shared:
    "is used by another cluster too, to which nothing of this one is known: give each its own",
} as const;

/** Whether anything may be deleted; `mark`: what says so. */
interface Judgement {
  readonly ownership: StoreOwnership | "shared";
  readonly mark: string;
}

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
      const { ownership, mark } = await this.#own();
      if (ownership === "ours") this.#refusal = undefined;
      else this.#refuse(`the store ${states[ownership]} (${mark}); ${sole}`);
      return ownership === "ours";
    } catch (error) {
      this.#refuse(error instanceof Error ? error.message : String(error));
      return false;
    }
  }

  async #own(): Promise<Judgement> {
    const { store, readClusterUid } = this.#options;
    const uid = this.#clusterUid ??= await readClusterUid();
    // Before the others: who lives learns from them that it is not alone, and says so.
    if (this.#mayAdopt) await this.#write(sharedMarkName, sharedMark(false));
    const mine = await this.#claim(this.#mark, uid);
    const judgement = mine.ownership === "ours" ? await this.#claim(clusterMarkName, uid) : mine;
    this.#mayAdopt = false; // else two that were both told to would take it from each other for ever
    const isShared = judgeSharedMark(await store.readMark(sharedMarkName));
    if (judgement.ownership === "ours") {
      return isShared ? { ownership: "shared", mark: sharedMarkName } : judgement;
    }
    if (judgement.ownership === "foreign" && !isShared) {
      await this.#write(sharedMarkName, sharedMark(true));
    }
    return judgement;
  }

  /** Writes a mark where there is none, and over another's once if we were told to. */
  async #claim(mark: string, uid: string): Promise<Judgement> {
    const { store } = this.#options;
    const judge = async () => judgeOwnerMark(await store.readMark(mark), uid);
    const ownership = await judge();
    if (ownership === "ours" || ownership !== "absent" && !this.#mayAdopt) {
      return { ownership, mark };
    }
    await store.writeMark(mark, ownerMark(uid), { replace: this.#mayAdopt });
    return { ownership: await judge(), mark };
  }

  #write(mark: string, text: string): Promise<void> {
    return this.#options.store.writeMark(mark, text, { replace: true });
  }

  #refuse(reason: string): void {
    if (reason === this.#refusal) return;
    this.#refusal = reason;
    this.#options.onRefused(`${reason}; ${consequence}`);
  }
}
