const name = "[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?";
const key = `(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?/)?${name}`;
const value = `(?:${name})?`;
const requirement = [
  `!\\s*${key}`,
  `${key}`,
  `${key}\\s*(?:==?|!=)\\s*${value}`,
  `${key}\\s*[<>]\\s*[0-9]+`,
  `${key}\\s+(?:in|notin)\\s*\\(\\s*${value}(?:\\s*,\\s*${value})*\\s*\\)`,
].join("|");

/**
 * What the API server reads as a label selector; none is one that selects all.
 *
 * @see https://github.com/kubernetes/apimachinery/blob/master/pkg/labels/selector.go
 */
export const labelSelector = {
  expression: new RegExp(`^\\s*(?:(?:${requirement})(?:\\s*,\\s*(?:${requirement}))*)?\\s*$`),
  words: "a label selector such as team=a,tier!=dev",
} as const;
