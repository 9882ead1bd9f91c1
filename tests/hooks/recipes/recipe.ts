/** What the API answers, and what the hooks make of it. */
export interface RecipeCase {
  readonly answer: string;
  /** What comes out; undefined: an error. */
  readonly document?: string;
  readonly error?: string;
}

/** A recipe of `docs/hooks.md`. */
export interface Recipe {
  readonly title: string;
  /** Manifests: the ExternalSource and the Secrets that it needs. */
  readonly source: string;
  readonly whitelist: string;
  /** Own programs by name, with the language they are written in. */
  readonly tools: Readonly<Record<string, { readonly language: string; readonly text: string }>>;
  /** What the API is asked: method and path, then the headers that the recipe adds; `…` stands for any text. */
  readonly request?: string;
  readonly cases: readonly RecipeCase[];
  /** Of the first document, as the table of revisions has it. */
  readonly revision: string;
}
