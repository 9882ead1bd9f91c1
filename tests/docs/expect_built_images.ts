import type { Manifest } from "../chart/programs.ts";

/** The images that a page has its reader build, with their tags. */
export function imagesBuiltIn(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^docker build .*--tag (\S+)/gm)].map(([, image]) => image!);
}

/**
 * Pods of what a page installs have no image but those that it has its reader build: none are published.
 *
 * @param built none where a page builds none, and installs what another page has said
 * @throws {Error} with the images that no node could pull
 */
export function expectBuiltImages(objects: readonly Manifest[], built: readonly string[]): void {
  if (built.length === 0) return;
  const pods = objects.flatMap(({ kind, spec }) => {
    if (kind === "Pod") return [spec];
    return spec?.template?.spec === undefined ? [] : [spec.template.spec];
  });
  const images = pods.flatMap(({ initContainers = [], containers }) =>
    [...initContainers, ...containers].map(({ image }: Manifest) => `${image}`)
  );
  if (images.length === 0) throw new Error("nothing with an image is installed");
  const missing = images.filter((image) => !built.includes(image));
  if (missing.length > 0) throw new Error(`nobody has built ${missing.join(", ")}`);
}
