import { configurationError } from "./step_error.ts";

const defaultName = "data";
const maxSegmentBytes = 255;
const maxPathBytes = 1_024;
// deno-lint-ignore no-control-regex -- control characters are what is refused
const controlCharacter = /[\u0000-\u001f\u007f-\u009f]/;
const utf8 = new TextEncoder();

/**
 * Path of the document in its archive (DESIGN §3): a leading `/`, empty and `.` segments go; a trailing `/` names a
 * directory, into which the file goes under the last segment of the final URL.
 *
 * @param destinationPath `spec.destinationPath`
 * @param finalUrl the URL that answered, after redirects
 * @throws {StepError} `InvalidPath`, for paths that Flux's untar would refuse or a file system cannot hold
 */
export function resolveDestinationPath(
  destinationPath: string | undefined,
  finalUrl: string,
): string {
  const wanted = destinationPath ?? "";
  const directory = normalize(wanted);
  checkPath(directory, wanted);
  if (directory.length === 0) return defaultName;
  if (!wanted.endsWith("/")) return directory.join("/");
  const path = [...directory, fileName(finalUrl)];
  checkPath(path, wanted);
  return path.join("/");
}

function normalize(path: string): string[] {
  return path.split("/").filter((segment) => segment !== "" && segment !== ".");
}

/** The last segment of a URL's path, decoded once, if it obeys the same rules; else `data`. */
function fileName(url: string): string {
  const last = URL.parse(url)?.pathname.split("/").at(-1) ?? "";
  try {
    const name = decodeURIComponent(last);
    return refusal([name]) === undefined && !name.includes("/") && name !== "" && name !== "."
      ? name
      : defaultName;
  } catch {
    return defaultName; // decodeURIComponent() throws URIError on bytes that are no UTF-8
  }
}

function checkPath(segments: readonly string[], wanted: string): void {
  const reason = refusal(segments);
  if (reason !== undefined) {
    throw configurationError(
      "InvalidPath",
      `Cannot use spec.destinationPath ${JSON.stringify(wanted)}: ${reason}`,
    );
  }
}

/** Why a path is refused, or undefined. */
function refusal(segments: readonly string[]): string | undefined {
  const path = segments.join("/");
  if (segments.includes("..")) return 'a segment is ".."';
  if (path.includes("../")) return 'it contains "../", which Flux refuses to unpack';
  if (path.includes("\\")) return "it contains a backslash";
  if (controlCharacter.test(path)) return "it contains a control character";
  if (!path.isWellFormed()) return "it is not valid UTF-8";
  if (segments.some((segment) => utf8.encode(segment).length > maxSegmentBytes)) {
    return `a segment is longer than ${maxSegmentBytes} bytes`;
  }
  if (utf8.encode(path).length > maxPathBytes) return `it is longer than ${maxPathBytes} bytes`;
  return undefined;
}
