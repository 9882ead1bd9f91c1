/** Who shows a token, in the words of `authentication.k8s.io`. */
export interface TokenBearer {
  /** `system:serviceaccount:monitoring:prometheus` */
  readonly user: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** What somebody wants to do with a path that is no object's. */
export interface PathAccess {
  /** `/metrics` */
  readonly path: string;
  /** `get` */
  readonly verb: string;
}

/**
 * The port to the cluster's knowledge of who may do what, with one adapter, `kube/`. Nothing is cached. Each method rejects
 * with the errors of `objects.ts`, whose messages hold no token.
 */
export interface AccessReviews {
  /** Whose token it is; undefined if the cluster does not know it, or not any more. */
  bearerOf(token: string): Promise<TokenBearer | undefined>;

  /** Whether somebody has that right. */
  mayAccess(bearer: TokenBearer, access: PathAccess): Promise<boolean>;
}
