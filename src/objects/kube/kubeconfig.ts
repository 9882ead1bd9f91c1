/**
 * The official client's reader of kubeconfigs, by name: a bundle keeps all of a package that is imported dynamically as a
 * whole, and this one has 3 MB of API types.
 */
export { KubeConfig } from "@kubernetes/client-node";
