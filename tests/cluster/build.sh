#!/bin/sh
# build.sh [GROUP|NAME...] : builds into $KUBE_BIN what is missing there or was built from other sources or by another Go.
# Groups: control-plane, node, flux, s3, hooks, charts; without arguments all of them.
# Environment: KUBE_BIN; KUBEBUILDER_ASSETS (has etcd, kube-apiserver and kubectl already: control-plane is then only the
# CRDs); KEEP_GO_CACHE=1 keeps the module and build caches beside $KUBE_BIN, otherwise they are removed at the end;
# GOMODCACHE, GOCACHE, if set, are used instead and never removed.
set -eu
here=$(cd "$(dirname "$0")" && pwd); . "$here/env.sh"
export CGO_ENABLED=0 GOWORK=off
command -v go > /dev/null || die "there is no go on the PATH: install Go 1.26 or newer, which builds a real Kubernetes and Flux for the tests"

members() { # GROUP|NAME
  case $1 in
  all) for g in control-plane node flux s3 hooks charts; do members $g; done ;;
  control-plane) [ -n "${KUBEBUILDER_ASSETS:-}" ] || echo etcd kube-apiserver kubectl; echo crds ;;
  node) echo etcd kube-apiserver kubectl kube-controller-manager kube-scheduler kubelet kube-proxy coredns
    echo local-path-provisioner pause images ;;
  flux) echo kustomize-controller crds ;;
  s3) echo versitygw ;;
  hooks) echo yq ;;
  charts) echo helm kustomize ;;
  crds | pause | images) echo "$1" ;;
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
    *) cd "$here/modules/$m"; go version; ldflags_of "$m"; find . -type f | LC_ALL=C sort | xargs cat ;;
    esac
  } | sha256sum | cut -d' ' -f1
}
product_of() { # NAME
  case $1 in crds) echo "$cache/crds" ;; images) echo "$cache/images" ;; *) echo "$KUBE_BIN/$1" ;; esac
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
build_module() { # MODULE NAME... : in one go build, which shares their packages
  module=$1; shift
  echo "building $* ..." >&2; s=$(date +%s)
  rm -rf "$new"; mkdir "$new"
  packages=$(for name in "$@"; do package_of "$name"; done)
  # shellcheck disable=SC2086
  total=$(cd "$here/modules/$module" && go list -mod=readonly -deps $packages 2> "$new.log" | wc -l)
  watch_build "$new.log" "$total" & watcher=$!
  # shellcheck disable=SC2086
  (cd "$here/modules/$module" && go build -v -mod=readonly -trimpath -buildvcs=false -ldflags "$(ldflags_of "$module")" -o "$new/" $packages 2> "$new.log") ||
    { tail -n 15 "$new.log" >&2; die "cannot build $*"; }
  kill "$watcher"; watcher=
  [ ! -e "$new/server" ] || mv "$new/server" "$new/etcd"
  [ ! -e "$new/dns" ] || mv "$new/dns" "$new/coredns"
  mv -f "$new"/* "$KUBE_BIN/"
  stamp "$@"
  echo "built $* in $(($(date +%s) - s)) s" >&2
}
fetch_crds() { # Flux's CRDs, out of the module zips that crds.sum names
  rm -rf "$new"; mkdir -p "$new" "$cache/crds"
  while read -r module version sum; do
    found=$(cd "$new" && GONOSUMDB=$module go mod download -json "$module@$version") || die "$module@$version: $found"
    [ "$(echo "$found" | sed -n 's/^\t"Sum": "\(.*\)",*$/\1/p')" = "$sum" ] || die "$module@$version is not what crds.sum says"
    install -m 644 "$(echo "$found" | sed -n 's/^\t"Dir": "\(.*\)",*$/\1/p')"/config/crd/bases/*.yaml "$cache/crds/"
  done < "$here/crds.sum"
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
  rm -rf "$new" "$new.log"
  if [ -n "$own" ] && [ -z "${KEEP_GO_CACHE:-}" ] && [ -d "$cache/go" ]; then chmod -R u+w "$cache/go"; rm -rf "$cache/go"; fi
}
trap clean EXIT; trap 'exit 130' INT; trap 'exit 143' TERM

for module in "$here"/modules/*; do
  module=${module##*/} of=
  for name in $todo; do [ "$(module_of "$name")" != "$module" ] || of="$of $name"; done
  # shellcheck disable=SC2086
  [ -z "$of" ] || build_module "$module" $of
done
for name in crds pause images; do
  case " $(echo "$todo" | tr '\n' ' ') " in *" $name "*) ;; *) continue ;; esac
  case $name in
  crds) fetch_crds ;;
  pause) need pause; gcc -static -Os -s -o "$KUBE_BIN/pause" "$here/src/pause.c" ;;
  images) "$here/make-images.sh" ;;
  esac
  stamp "$name"
done
