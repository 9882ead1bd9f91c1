import type { AccessReviews, PathAccess, TokenBearer } from "../access_reviews.ts";
import { ObjectsUnavailableError } from "../objects.ts";
import { asArray, asRecord, asText } from "./fields.ts";
import type { OwnConnection } from "./own_connection.ts";
import { listPath } from "./resource.ts";

const tokenReviews = { apiVersion: "authentication.k8s.io/v1", plural: "tokenreviews" };
const accessReviews = { apiVersion: "authorization.k8s.io/v1", plural: "subjectaccessreviews" };

/** A review, as it is sent. */
interface Review {
  readonly resource: typeof tokenReviews;
  readonly kind: string;
  readonly spec: unknown;
}

/**
 * Asks an API server.
 *
 * @see https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-review-v1/
 * @see https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/subject-access-review-v1/
 */
export class KubeAccessReviews implements AccessReviews {
  readonly #own: OwnConnection;

  constructor(own: OwnConnection) {
    this.#own = own;
  }

  async bearerOf(token: string): Promise<TokenBearer | undefined> {
    const status = await this.#review({
      ...{ resource: tokenReviews, kind: "TokenReview", spec: { token } },
    });
    const user = asRecord(status.user);
    const name = asText(user?.username);
    // Nobody, or somebody without a name, whom no rule can be about.
    if (status.authenticated !== true || !name) return undefined;
    return {
      user: name,
      uid: asText(user?.uid) ?? "",
      groups: textsOf(user?.groups),
      extra: Object.fromEntries(
        Object.entries(asRecord(user?.extra) ?? {}).map(([key, values]) => [key, textsOf(values)]),
      ),
    };
  }

  async mayAccess(bearer: TokenBearer, nonResourceAttributes: PathAccess): Promise<boolean> {
    const spec = { ...bearer, nonResourceAttributes };
    const { allowed, denied } = await this.#review({
      ...{ resource: accessReviews, kind: "SubjectAccessReview", spec },
    });
    return allowed === true && denied !== true;
  }

  /** Ends the connection and every call on it. */
  close(): void {
    this.#own.connection.close();
  }

  /** The status of an answered review. */
  async #review({ resource, kind, spec }: Review): Promise<Readonly<Record<string, unknown>>> {
    const what = `Cannot create a ${kind}`;
    const body = { apiVersion: resource.apiVersion, kind, spec };
    const answer = await this.#own.client.json({
      ...{ method: "POST", path: listPath(resource), body, what },
    });
    const status = asRecord(asRecord(answer)?.status);
    if (status) return status;
    throw new ObjectsUnavailableError(`${what}: the answer has no status`);
  }
}

function textsOf(values: unknown): readonly string[] {
  return asArray(values).filter((value): value is string => typeof value === "string");
}
