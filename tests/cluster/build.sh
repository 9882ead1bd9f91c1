#!/bin/sh
# build.sh [GROUP|NAME...] : builds into $KUBE_BIN what is missing there or was built from other sources or by another Go.
# Groups: control-plane, node, flux, cli, s3, hooks, charts; without arguments all of them.
# Environment: KUBE_BIN; KUBEBUILDER_ASSETS (has etcd, kube-apiserver and kubectl already: control-plane is then only the
# CRDs); KEEP_GO_CACHE=1 keeps the module and build caches beside $KUBE_BIN, otherwise they are removed at the end;
# GOMODCACHE, GOCACHE, if set, are used instead and never removed.
set -eu
here=$(cd "$(dirname "$0")" && pwd); . "$here/env.sh"
export CGO_ENABLED=0 GOWORK=off
command -v go > /dev/null || die "there is no go on the PATH: install Go 1.26 or newer, which builds a real Kubernetes and Flux for the tests"

members() { # GROUP|NAME
  case $1 in
  all) for g in control-plane node flux cli s3 hooks charts; do members $g; done ;;
  control-plane) [ -n "${KUBEBUILDER_ASSETS:-}" ] || echo etcd kube-apiserver kubectl; echo crds ;;
  node) echo etcd kube-apiserver kubectl kube-controller-manager kube-scheduler kubelet kube-proxy coredns
    echo local-path-provisioner pause images ;;
  flux) echo kustomize-controller crds ;;
  cli) echo flux-cli ;;
  s3) echo versitygw ;;
  hooks) echo yq ;;
  charts) echo helm kustomize ;;
  crds | flux-cli | pause | images) echo "$1" ;;
  *) [ -n "$(module_of "$1")" ] || die "nothing here is called $1"; echo "$1" ;;
  esac
}
module_of() { # NAME
  case $1 in
  etcd | kube-apiserver | kube-controller-manager | kube-scheduler | kubelet | kube-proxy | kubectl | coredns) echo kubernetes ;;
  local-path-provisioner) echo local-path ;;
  kustomize-controller | versitygw | yq | helm | kustomize) echo "$1" ;;
  esac
}
package_of() { # NAME
  case $1 in
  etcd) echo go.etcd.io/etcd/server/v3 ;;
  coredns) echo ./dns ;;
  kube*) echo "k8s.io/kubernetes/cmd/$1" ;;
  local-path-provisioner) echo github.com/rancher/local-path-provisioner ;;
  versitygw) echo github.com/versity/versitygw/cmd/versitygw ;;
  yq) echo github.com/mikefarah/yq/v4 ;;
  helm) echo helm.sh/helm/v4/cmd/helm ;;
  kustomize) echo sigs.k8s.io/kustomize/kustomize/v5 ;;
  kustomize-controller) echo github.com/fluxcd/kustomize-controller ;;
  esac
}
ldflags_of() { # MODULE : also the versions that a build from the upstream repository would put in
  case $1 in
  kubernetes)
    v=$(sed -n 's/^\tk8s.io\/kubernetes \(v[0-9.]*\).*/\1/p' "$here/modules/$1/go.mod") minor=${v#v1.} x=k8s.io/component-base/version
    echo "-s -w -X $x.gitVersion=$v -X $x.gitMajor=1 -X $x.gitMinor=${minor%%.*}" ;;
  helm) echo "-s -w -X helm.sh/helm/v4/internal/version.version=$(sed -n 's/^\thelm.sh\/helm\/v4 \(v[0-9.]*\).*/\1/p' "$here/modules/$1/go.mod")" ;;
  *) echo "-s -w" ;;
  esac
}
stamp_of() { # NAME : a hash of what it is built from
  m=$(module_of "$1")
  {
    case $1 in
    pause) cat "$here/src/pause.c" ;;
    images) cat "$here/src/pause.c" "$here/make-image.sh" "$here/make-images.sh" ;;
    crds) cat "$here/crds.sum" ;;
    flux-cli) cat "$here/flux.sum"; go version ;;
    *) cd "$here/modules/$m"; go version; ldflags_of "$m"; find . -type f | LC_ALL=C sort | xargs cat ;;
    esac
  } | sha256sum | cut -d' ' -f1
}
product_of() { # NAME
  case $1 in crds) echo "$cache/crds" ;; images) echo "$cache/images" ;; flux-cli) echo "$KUBE_BIN/flux" ;; *) echo "$KUBE_BIN/$1" ;; esac
}
stale() { # NAME... : those to build
  for name in "$@"; do
    stamp=$(stamp_of "$name")
    [ -e "$(product_of "$name")" ] && [ "$(cat "$KUBE_BIN/.stamp/$name" 2> /dev/null)" = "$stamp" ] || echo "$name"
  done
}
stamp() { # NAME...
  mkdir -p "$KUBE_BIN/.stamp"
  for name in "$@"; do stamp_of "$name" > "$KUBE_BIN/.stamp/$name"; done
}

watch_build() { # LOG TOTAL : how far it is, every 10 s
  while sleep 10; do echo "  $(grep -vc '^go: ' "$1") of $2 packages, $(($(date +%s) - s)) s" >&2; done
}
go_build() { # FOLDER LDFLAGS PACKAGE... : in one go build, which shares their packages; into $new
  folder=$1 ldflags=$2; shift 2
  echo "building $* ..." >&2; s=$(date +%s)
  total=$(cd "$folder" && go list -mod=readonly -deps "$@" 2> "$new.log" | wc -l)
  watch_build "$new.log" "$total" & watcher=$!
  (cd "$folder" && go build -v -mod=readonly -trimpath -buildvcs=false -ldflags "$ldflags" -o "$new/" "$@" 2> "$new.log") ||
    { tail -n 15 "$new.log" >&2; die "cannot build $*"; }
  kill "$watcher"; watcher=
  echo "built in $(($(date +%s) - s)) s" >&2
}
build_module() { # MODULE NAME...
  module=$1; shift
  rm -rf "$new"; mkdir "$new"
  packages=$(for name in "$@"; do package_of "$name"; done)
  # shellcheck disable=SC2086
  go_build "$here/modules/$module" "$(ldflags_of "$module")" $packages
  [ ! -e "$new/server" ] || mv "$new/server" "$new/etcd"
  [ ! -e "$new/dns" ] || mv "$new/dns" "$new/coredns"
  mv -f "$new"/* "$KUBE_BIN/"
  stamp "$@"
}
fetch_module() { # MODULE VERSION SUM : the folder that it is in
  found=$(cd "$new" && GONOSUMDB=$1 go mod download -json "$1@$2") || die "$1@$2: $found"
  [ "$(echo "$found" | sed -n 's/^\t"Sum": "\(.*\)",*$/\1/p')" = "$3" ] || die "$1@$2 is not what it was pinned as"
  echo "$found" | sed -n 's/^\t"Dir": "\(.*\)",*$/\1/p'
}
fetch_crds() { # Flux's CRDs, out of the module zips that crds.sum names
  rm -rf "$new"; mkdir -p "$new" "$cache/crds"
  while read -r module version sum; do
    folder=$(fetch_module "$module" "$version" "$sum") || exit
    install -m 644 "$folder"/config/crd/bases/*.yaml "$cache/crds/"
  done < "$here/crds.sum"
}
build_flux_cli() { # with its own go.sum, and without the manifests of `flux install`, which no module zip has
  rm -rf "$new" "$new.src"; mkdir "$new"
  read -r module version sum < "$here/flux.sum"
  folder=$(fetch_module "$module" "$version" "$sum") || exit
  cp -R "$folder" "$new.src"; chmod -R u+w "$new.src"
  mkdir "$new.src/cmd/flux/manifests"; : > "$new.src/cmd/flux/manifests/none.yaml"
  go_build "$new.src" "-s -w -X main.VERSION=${version#v}" ./cmd/flux
  mv -f "$new/flux" "$KUBE_BIN/flux"
}

[ $# -gt 0 ] || set -- all
names=$(for a in "$@"; do members "$a" || exit; done)
names=$(echo "$names" | tr ' ' '\n' | sort -u)
# shellcheck disable=SC2086
todo=$(stale $names)
[ -n "$todo" ] || exit 0

exec 8> "$cache/build.lock"
flock -n 8 || { echo "waiting for another build in $cache" >&2; flock 8; }
# shellcheck disable=SC2086
todo=$(stale $names)
[ -n "$todo" ] || exit 0
new=$KUBE_BIN/.new own=
[ -n "${GOMODCACHE:-}" ] || { GOMODCACHE=$cache/go/mod own=1; export GOMODCACHE; }
[ -n "${GOCACHE:-}" ] || { GOCACHE=$cache/go/build own=1; export GOCACHE; }
clean() {
  [ -z "${watcher:-}" ] || kill "$watcher" 2> /dev/null || true
  rm -rf "$new" "$new.src" "$new.log"
  if [ -n "$own" ] && [ -z "${KEEP_GO_CACHE:-}" ] && [ -d "$cache/go" ]; then chmod -R u+w "$cache/go"; rm -rf "$cache/go"; fi
}
trap clean EXIT; trap 'exit 130' INT; trap 'exit 143' TERM

for module in "$here"/modules/*; do
  module=${module##*/} of=
  for name in $todo; do [ "$(module_of "$name")" != "$module" ] || of="$of $name"; done
  # shellcheck disable=SC2086
  [ -z "$of" ] || build_module "$module" $of
done
for name in crds flux-cli pause images; do
  case " $(echo "$todo" | tr '\n' ' ') " in *" $name "*) ;; *) continue ;; esac
  case $name in
  crds) fetch_crds ;;
  flux-cli) build_flux_cli ;;
  pause) need pause; gcc -static -Os -s -o "$KUBE_BIN/pause" "$here/src/pause.c" ;;
  images) "$here/make-images.sh" ;;
  esac
  stamp "$name"
done
