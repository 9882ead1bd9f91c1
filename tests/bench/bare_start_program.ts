/** The floor of a start: a process that lists the objects the controller needs. Arguments: kubeconfig and paths to list. */
import { BareApi } from "./bare_api.ts";

const [kubeconfig = "", ...paths] = Deno.args;
using api = new BareApi(kubeconfig);
await Promise.all(paths.map((path) => api.list(path)));
