import Type, { type TSchema } from "typebox";
/** temporary until src/generate/registry.ts exists */
export const generatorSchemas: Readonly<Record<string, TSchema>> = {
  http: Type.Object({
    url: Type.String({ format: "uri", description: "Address of the document." }),
    method: Type.Optional(Type.String({ default: "GET", description: "Method of the request." })),
    headersSecretRef: Type.Optional(Type.Object({
      name: Type.Optional(Type.String({ description: "Name of the Secret." })),
    }, { description: "Secret of the same namespace whose keys and values are sent as headers." })),
    caBundleSecretRef: Type.Optional(Type.Object({
      name: Type.Optional(Type.String({ description: "Name of the Secret." })),
      key: Type.Optional(Type.String({ description: "Key in the Secret; default `ca.crt`." })),
    }, { description: "Secret with the CA certificates." })),
    insecureSkipVerify: Type.Optional(
      Type.Boolean({ description: "No check of the certificate." }),
    ),
  }, { description: "Settings of the http generator." }),
};
