#!/bin/sh
# make-rootfs.sh ROOT PACKAGE.deb... : a root directory in the manner of distroless: what the packages hold, no shell, no package
# manager, the user nonroot (65532), and /tmp for where the root is not read-only. The authorities of this machine come along.
set -eu
[ $# -ge 2 ] || { echo "usage: make-rootfs.sh ROOT PACKAGE.deb..." >&2; exit 2; }
root=$1; shift
mkdir -p "$root/var/lib/dpkg/status.d" "$root/etc/ssl/certs" "$root/home/nonroot" "$root/app" "$root/tmp"

for package; do
  dpkg-deb --extract "$package" "$root"
  # Scanners of images look here for what distroless ones hold.
  dpkg-deb --field "$package" > "$root/var/lib/dpkg/status.d/$(dpkg-deb --field "$package" Package)"
done
# Packages of Debian 12 and older have files outside of /usr.
for each in bin lib lib32 lib64 libx32 sbin; do
  if [ -d "$root/$each" ] && [ ! -L "$root/$each" ]; then
    mkdir -p "$root/usr/$each"
    cp -a "$root/$each/." "$root/usr/$each/"
    rm -r "$root/$each"
  fi
  if [ -d "$root/usr/$each" ] && [ ! -L "$root/$each" ]; then ln -s "usr/$each" "$root/$each"; fi
done
rm -rf "$root"/usr/bin/* "$root"/usr/sbin/* "$root"/usr/lib/*/gconv "$root/usr/share/locale" "$root/usr/share/man" \
  "$root/usr/share/lintian" "$root/usr/share/base-files" "$root/etc/profile.d" "$root/etc/update-motd.d" "$root/root"
# A copyright notice has to go with each package; the rest explains it to people who are not there.
find "$root/usr/share/doc" -type f ! -name copyright -delete
find "$root/usr/share/doc" -type l -delete

cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
printf '%s\n' root:x:0:0:root:/root:/sbin/nologin nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin \
  nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin > "$root/etc/passwd"
printf '%s\n' root:x:0: nobody:x:65534: nonroot:x:65532: > "$root/etc/group"
echo 'hosts: files dns' > "$root/etc/nsswitch.conf"
chown 65532:65532 "$root/home/nonroot"
chmod 1777 "$root/tmp"
chmod 755 "$root"
