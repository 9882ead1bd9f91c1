import Type, { type Static } from "typebox";

/** `spec.generator.http`: one description for the static type, the validation and the CRD. */
export const httpSpecSchema = Type.Object({
  url: Type.String({
    format: "uri",
    description:
      "Where the document is, http or https. User info in it is sent as basic authentication and never shown; a header Secret is the better place for credentials. Metadata services, link-local and other addresses the operator forbids are refused, whatever name or redirect leads to them.",
  }),
  method: Type.Optional(Type.String({
    default: "GET",
    description:
      "Request method. Only GET and HEAD ask conditionally (ETag, Last-Modified); no body is sent with any method.",
  })),
  headersSecretRef: Type.Optional(Type.Object({
    name: Type.Optional(Type.String({
      description: "Name of a Secret in the namespace of this object.",
    })),
  }, {
    description:
      "A Secret whose every key is sent as a header of that name, its value without one trailing newline. `Host` and the headers of the connection (Content-Length, Transfer-Encoding, Connection, …) are ignored. A redirect to another origin gets none of them.",
  })),
  caBundleSecretRef: Type.Optional(Type.Object({
    name: Type.Optional(Type.String({
      description: "Name of a Secret in the namespace of this object.",
    })),
    key: Type.Optional(Type.String({
      description: "Key in the Secret; `ca.crt` if it is missing or empty.",
    })),
  }, {
    description:
      "A Secret with PEM certificates of the authorities to trust. They replace the system's, they do not add to them.",
  })),
  insecureSkipVerify: Type.Optional(Type.Boolean({
    description:
      "Accepts any TLS certificate of the server: whoever sits on the way can read the headers and replace the document. For experiments only; a Warning event says so.",
  })),
}, {
  description:
    "A document behind HTTP or HTTPS. Every status from 200 to 299 but 206 (a part that nobody asked for) is a success, and what comes with it is the document, also if it is empty (status 204, an empty 200, any answer to HEAD): a Kustomization with `prune: true` then removes all that it had applied.",
});

/** The settings of one HTTP source, as the user wrote them. */
export type HttpSpec = Static<typeof httpSpecSchema>;
