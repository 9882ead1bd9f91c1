/** Prints the bill of materials of this checkout as CycloneDX, for a release to attach. */
import { billOfMaterials } from "./bill_of_materials.ts";

const read = async (name: string) =>
  JSON.parse(await Deno.readTextFile(new URL(`../../${name}`, import.meta.url)));

const { npm } = await read("deno.lock");
console.log(JSON.stringify(billOfMaterials(await read("deno.json"), npm)));
