/** Blocks that other tests hold to the truth: by page, the words behind the fence, and that test, which names them. */
export const checkedElsewhere: readonly {
  readonly page: string;
  readonly fences: readonly string[];
  readonly by: string;
}[] = [
  {
    page: "docs/hooks.md",
    fences: [
      ...["yaml whitelist", "yaml document", "json document", "json answer", "text answer"],
      ...["text document", "text request", "text error", "go mint-token", "go sign-url"],
      ...["sh top-lines", "yaml file"],
    ],
    by: "tests/hooks/recipes_test.ts",
  },
  {
    page: "docs/storage.md",
    fences: ["yaml env", "json policy"],
    by: "docs/storage_test.ts",
  },
  { page: "docs/scaling.md", fences: ["yaml alerts"], by: "docs/scaling_test.ts" },
];

/** Blocks that no test of ours can check, and why. */
export const uncheckable: readonly {
  readonly page: string;
  readonly fence: string;
  readonly why: string;
}[] = [
  {
    page: "docs/install.md",
    fence: "yaml flux2",
    why: "values of a chart of others, which is not here; read in its values.yaml",
  },
];
