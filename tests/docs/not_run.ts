/** Commands of the pages that no test runs, by how they begin, and why. Everything else is tried, or fails. */
export const notRun: Readonly<Record<string, string>> = {
  "docker push": "there is no registry",
  "docker network inspect": "there is no Docker where these tests run; it only reads",
  "kind create cluster":
    "the tests in pods have a node of their own, or kind where it is installed",
  "kind delete cluster": "the same",
  "kind load docker-image": "the same",
  "flux install": "it downloads Flux's images; the tests in pods install kustomize-controller",
  "flux bootstrap": "it needs a Git server",
  "flux get sources external": "tests/e2e shows what it prints",
};
